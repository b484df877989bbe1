import type { Endpoint, Model } from '#catalog';
import type { Principal } from '#identity';
import { type Fault, InvalidInput, lineAmount, type Money } from '#kernel';
import { type Candidate, needsOf, type Route } from '#routing';
import type { CompletionInput, ProviderPreferencesInput } from '../input/input.ts';
import { normalise } from '../input/normalise.ts';
import type { CompletionRequest } from '../input/request.ts';
import { planner } from '../plan.ts';
import type { Rooms } from '../rooms.ts';
import { coverOf } from './cover.ts';
import { boundPrompt, textsOf } from './prompt-size.ts';
import { promptCounter } from './prompt-tokens.ts';

/** The contract's `EstimateCostInput`, before anything is checked. */
export interface EstimateInput {
  readonly organizationId?: string | null;
  readonly models: readonly string[];
  readonly messages: CompletionInput['messages'];
  readonly tools?: Exclude<CompletionInput['tools'], undefined>;
  readonly maxTokens: number;
  readonly provider?: ProviderPreferencesInput | null;
}

/** What a prompt would cost on one model. */
export interface CostEstimate {
  readonly requestedModel: string;
  /** Null when there is none of this name. */
  readonly model: Model | null;
  /** The cheapest that could serve the request now. */
  readonly endpoint: Endpoint | null;
  readonly promptTokens: number | null;
  /** Not the model's own tokenizer counted, or not everything is text. */
  readonly estimated: boolean;
  readonly promptCost: Money | null;
  /** What a completion would set aside of the credits. */
  readonly maximumCharge: Money | null;
  /** Of the endpoint, at present; null without traffic. */
  readonly tokensPerSecond: number | null;
  /** Why no endpoint could serve it. */
  readonly error: Fault | null;
}

const modelsMax = 20;
const bytesMax = { anonymous: 64 * 1024, known: 1024 * 1024 };

/**
 * What a prompt would cost on each of these models, by the rules of whoever would pay; without
 * credentials by no rules at all. Sends nothing. @throws InvalidInput
 */
export async function estimateCost(
  principal: Principal,
  { models, ...input }: EstimateInput,
  rooms: Rooms,
): Promise<CostEstimate[]> {
  if (models.length < 1 || models.length > modelsMax) {
    const message = `There are ${models.length} of them.`;
    throw InvalidInput.at('input.models', message, `1 to ${modelsMax} slugs`);
  }
  const request = normalise({ ...input, model: 'any/model' });
  refuseLong(principal, request, models.length);
  const { preferences, maxTokens } = request;
  const needs = needsOf(request.chat);
  const asking = { fallbackModels: [], preferences, needs, maxTokens, sessionId: null };
  const planned = planner(principal, input.organizationId ?? null, rooms);
  const plan: Plan = (model, promptTokens) => planned({ ...asking, model, promptTokens });
  const asked = { request, plan, count: promptCounter(request.chat) };
  const estimates: CostEstimate[] = [];
  for (const model of models) estimates.push(await estimateOf(model, asked, rooms));
  return estimates;
}

type Plan = (model: string, promptTokens: number) => Route;

interface Asked {
  readonly request: CompletionRequest;
  readonly plan: Plan;
  readonly count: ReturnType<typeof promptCounter>;
}

async function estimateOf(name: string, asked: Asked, rooms: Rooms): Promise<CostEstimate> {
  const { model } = asked.plan(name, 0);
  const counted = model && (await asked.count(model.slug));
  const promptTokens = counted?.tokens ?? null;
  const route = asked.plan(name, promptTokens ?? 0);
  const best = cheapest(route, promptTokens ?? 0);
  return {
    requestedModel: name,
    model,
    endpoint: best?.endpoint ?? null,
    promptTokens,
    estimated: counted?.estimated ?? false,
    promptCost: best && lineAmount(promptTokens ?? 0, best.prices.prompt),
    maximumCharge: best && held(name, asked, rooms),
    tokensPerSecond: best && (rooms.router.medians(best.endpoint.id)?.tokensPerSecond ?? null),
    error: route.error,
  };
}

/** As admission has it: an upper bound of the prompt, at the dearest that could serve it. */
function held(name: string, { request, plan }: Asked, { feeRate }: Rooms): Money {
  const { chat, maxTokens } = request;
  const promptTokens = boundPrompt(chat);
  const [bounded, any] = [plan(name, promptTokens), plan(name, 0)];
  const { able } = bounded.error ? any : bounded;
  const { images } = needsOf(chat);
  return coverOf(able, { promptTokens, images, maxTokens, feeRate }).worstCase();
}

/** Each model may have a tokenizer of its own, so the text counts once for each. */
function refuseLong(principal: Principal, { chat }: CompletionRequest, models: number): void {
  const texts = [...textsOf(chat), JSON.stringify(chat.tools ?? [])];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) * models;
  const most = principal.kind === 'anonymous' ? bytesMax.anonymous : bytesMax.known;
  if (bytes <= most) return;
  const message = `Messages and tools times models are ${bytes} bytes of text.`;
  throw InvalidInput.at('input.messages', message, `at most ${most} bytes; ask for fewer models`);
}

/** For this prompt and the longest answer that is asked for. */
function cheapest({ able, request }: Route, promptTokens: number): Candidate | null {
  const costOf = ({ prices }: Candidate) =>
    lineAmount(promptTokens, prices.prompt) +
    lineAmount(request.maxTokens ?? 0, prices.completion) +
    lineAmount(1, prices.request ?? 0n);
  return able.reduce<Candidate | null>(
    (best, one) => (best === null || costOf(one) < costOf(best) ? one : best),
    null,
  );
}
