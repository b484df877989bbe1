import { getModels, getProviders } from '@mariozechner/pi-ai';
import { perUnit } from '../../src/catalog/decimal.ts';
import type { ModelFacts, Offer, PriceTexts } from '../../src/catalog/offer.ts';

/**
 * Models of pi-ai: the names that providers really take, abilities, lengths. All of them can call
 * tools.
 */
export interface PiModel {
  readonly id: string;
  readonly facts: ModelFacts;
  readonly prices: PriceTexts | null;
}

/**
 * Its models of one provider; the parameter of `getModels` is a closed list of literals, ours are
 * data.
 */
export function piModels(provider: string | undefined): readonly PiModel[] {
  const id = getProviders().find((known) => known === provider);
  return id === undefined
    ? []
    : getModels(id).map((model) => ({
        id: model.id,
        facts: factsOf(model),
        prices: pricesOf(model.cost),
      }));
}

type Listed = ReturnType<typeof getModels>[number];

function factsOf(model: Listed): Offer['facts'] {
  return {
    name: model.name.replace(/^[\w .-]+: /, '').replace(/ \((latest|free|US|EU|Global|AU)\)$/i, ''),
    contextLength: model.contextWindow || undefined,
    maxOutputTokens: model.maxTokens || undefined,
    input: model.input.map((kind) => (kind === 'image' ? 'IMAGE' : 'TEXT')),
    reasoning: model.reasoning,
    tools: true,
  };
}

/**
 * It writes 0 for what it does not know: a cache price of 0 is none, and so is a price of 0 for
 * both directions.
 */
function pricesOf(cost: Listed['cost']): PriceTexts | null {
  const text = (value: number) =>
    value > 0 ? (perUnit(value, 1_000_000) ?? undefined) : undefined;
  const [prompt, completion] = [text(cost.input), text(cost.output)];
  if (prompt === undefined || completion === undefined) return null;
  return { prompt, completion, cacheRead: text(cost.cacheRead), cacheWrite: text(cost.cacheWrite) };
}
