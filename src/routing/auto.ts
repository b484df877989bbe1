import { blendedPrice, isUsable, type Market, type Model } from '#catalog';
import { isFaultModel } from './fault-models.ts';
import { canBeUsed } from './latest.ts';
import { once } from './once.ts';
import type { RouteRequest } from './request.ts';
import { type AskedModel, plainly } from './variants.ts';

/** Names under which the choice of the model is left to the router. */
const autoNames: ReadonlySet<string> = new Set(['auto', 'bourse/auto', 'openrouter/auto']);

export const isAuto = (name: string) => autoNames.has(name.toLowerCase());

/** How many models are tried, one after the other. */
const choices = 3;
/** A longer prompt is no everyday request. */
const longPromptTokens = 32_000;

/**
 * The models that `auto` means for this request, in the order in which they are tried: of those
 * that can take it, the newest of the cheaper half first; a request that is long, or that brings
 * tools or asks for reasoning, begins with the dearer half. When none can take it, those that would
 * have come first, so that the reasons are told.
 */
export function autoModels(
  market: Market,
  request: RouteRequest,
  fits: (asked: AskedModel) => boolean,
): AskedModel[] {
  const all = inOrder(halves(market), isDemanding(request));
  const chosen: AskedModel[] = [];
  for (const asked of all) {
    if (chosen.length === choices) break;
    if (fits(asked)) chosen.push(asked);
  }
  return chosen.length > 0 ? chosen : all.slice(0, choices);
}

/**
 * The simulation is there to try Bourse out: it never answers, and is never paid, in the place of a
 * real model that cannot take the request or has failed.
 */
function inOrder({ cheaper, dearer, simulated }: Halves, demanding: boolean): AskedModel[] {
  const [first, second] = [cheaper.map(as('cheaper')), dearer.map(as('dearer'))];
  const real = demanding ? [...second, ...first] : [...first, ...second];
  return real.length > 0 ? real : simulated.map(as('simulated'));
}

function isDemanding({ promptTokens, needs: { parameters } }: RouteRequest): boolean {
  return promptTokens > longPromptTokens || parameters.has('tools') || parameters.has('reasoning');
}

type Half = 'cheaper' | 'dearer' | 'simulated';
type Halves = Readonly<Record<Half, readonly Model[]>>;

const words: Readonly<Record<Half, string>> = {
  cheaper: 'it is among the newest of the cheaper half of the models that take this request',
  dearer: 'it is among the newest of the dearer half of the models that take this request',
  simulated: 'nothing but the simulation can be used here yet',
};

const as = (half: Half) => (model: Model) =>
  plainly(model, `\`auto\` chose ${model.slug}: ${words[half]}.`);

/** The models that can be used here, newest first, parted at the median of their lowest prices. */
const halves = once((market: Market): Halves => {
  const usable = market.models.filter(canBeUsed).sort(newestFirst);
  const [real, sandbox] = [
    usable.filter((model) => !isSimulated(model)),
    usable.filter(isSimulated),
  ];
  const prices = real.map(lowestPrice).sort((left, right) => (left < right ? -1 : 1));
  const median = prices[Math.floor((prices.length - 1) / 2)] ?? 0n;
  return {
    cheaper: real.filter((model) => lowestPrice(model) <= median),
    dearer: real.filter((model) => lowestPrice(model) > median),
    simulated: sandbox.filter((model) => !model.endpoints.every(isFaultModel)),
  };
});

const isSimulated = ({ endpoints }: Model) => endpoints.every(({ provider }) => provider.sandbox);

/** Of what can be used; the catalog lists endpoints by price. */
const lowestPrice = ({ endpoints }: Model) => {
  const usable = endpoints.find(isUsable);
  return usable ? blendedPrice(usable.pricing) : 0n;
};

const newestFirst = (left: Model, right: Model) =>
  right.createdAt.getTime() - left.createdAt.getTime() || (left.slug < right.slug ? -1 : 1);
