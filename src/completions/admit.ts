import { type AllowanceTarget, type Hold, InsufficientCredits } from '#credits';
import type { Payer } from '#identity';
import { Fault } from '#kernel';
import { RateLimited } from '#limits';
import {
  NoEndpointAvailable,
  needsOf,
  type Route,
  type RouteNeeds,
  textNeeds,
  withOwnKeysAlone,
} from '#routing';
import { cachedBeginning } from '#upstream';
import { type Cover, coverOf, type Size } from './cost/cover.ts';
import { boundSize, countedSize, type PromptSize } from './cost/prompt-size.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './runs/running.ts';

/** What was decided before anything was sent. */
export interface Admission {
  readonly route: Route;
  readonly hold: Hold;
  readonly cover: Cover;
}

/**
 * Rate limit, route, worst-case price, hold: in this order, each throwing a Fault when it refuses,
 * and nothing to undo until the hold is taken. The prompt is measured by its bytes, which bounds
 * its tokens; only if that does not fit are the tokens counted.
 */
export async function admit(running: Running, rooms: Rooms): Promise<Admission> {
  const { apiKey } = running.payer;
  if (apiKey?.requestsPerMinute != null)
    await takeRequest(apiKey.id, apiKey.requestsPerMinute, rooms);
  const bound = boundSize(running.request);
  try {
    return await admitSized(running, rooms, bound);
  } catch (thrown) {
    const most = worthCounting(thrown);
    const counted = most > 0 ? await countedSize(running.request, most) : null;
    if (!counted || counted.total >= bound.total) throw thrown;
    return await admitSized(running, rooms, counted);
  }
}

async function takeRequest(key: string, perMinute: number, { limits }: Rooms): Promise<void> {
  const limit = await limits.takeShared(key, perMinute);
  if (!limit.allowed) throw new RateLimited('API_KEY', limit);
}

const vectorNeeds: RouteNeeds = { ...textNeeds, outputModality: 'EMBEDDING' };

async function admitSized(running: Running, rooms: Rooms, prompt: PromptSize): Promise<Admission> {
  const { request, payer } = running;
  const needs = request.embedding ? vectorNeeds : needsOf(request.chat);
  const route = rooms.router.route({
    model: request.model,
    fallbackModels: request.fallbackModels,
    preferences: request.preferences,
    needs,
    promptTokens: prompt.longest,
    maxTokens: request.maxTokens,
    policy: payer.organization.policy,
    allowedModels: payer.apiKey?.allowedModels ?? null,
    ownKeys: rooms.providerKeys.of(payer.organization.id),
    organizationId: payer.organization.id,
    sessionId: request.sessionId ?? cachedBeginning(request.chat),
    at: running.createdAt,
  });
  const { feeRate } = rooms;
  const { maxTokens } = request;
  const { total: promptTokens, prompts } = prompt;
  const size = { promptTokens, prompts, images: needs.images, maxTokens, feeRate };
  const admission = await holdRoute(running, { route, size }, rooms);
  running.step('admit');
  return admission;
}

/**
 * Credits that do not cover every candidate may still cover those on the organization's own
 * provider keys, for which only the fee is charged: then only these are tried.
 */
async function holdRoute(
  running: Running,
  { route, size }: { route: Route; size: Size },
  rooms: Rooms,
): Promise<Admission> {
  const cover = coverOf(route.able, size);
  try {
    return { route, cover, hold: await holdFor(running, cover, rooms) };
  } catch (thrown) {
    const narrower = thrown instanceof InsufficientCredits ? withOwnKeysAlone(route) : null;
    if (!narrower) throw thrown;
    return holdRoute(running, { route: narrower, size }, rooms);
  }
}

async function holdFor(running: Running, cover: Cover, rooms: Rooms): Promise<Hold> {
  const targets = targetsOf(running.payer);
  const amount = cover.worstCase();
  try {
    const hold = await rooms.credits.admit({ completion: running.id, targets, amount });
    if (!running.ending) return hold;
    await hold.end(null);
    throw new Fault('CANCELLED', { public: 'It was cancelled before anything was sent.' });
  } catch (thrown) {
    if (!(thrown instanceof InsufficientCredits)) throw thrown;
    const affordableMaxTokens = cover.affordableMaxTokens(thrown.available);
    const { allowance, required, available, resetsAt, owed } = thrown;
    const shortage = { allowance, required, available, resetsAt, owed };
    throw new InsufficientCredits({ ...shortage, affordableMaxTokens });
  }
}

/** Everything that limits what this payer spends: credits, the member's month, the key's period. */
function targetsOf({
  organization,
  apiKey,
  membershipId,
  monthlyBudget,
  budgetNumber,
}: Payer): AllowanceTarget[] {
  const targets: AllowanceTarget[] = [
    { kind: 'ORGANIZATION', id: organization.id, limit: null, period: 'NONE', number: 0 },
  ];
  if (membershipId && monthlyBudget !== null) {
    const [limit, number] = [monthlyBudget, budgetNumber];
    targets.push({ kind: 'MEMBER', id: membershipId, limit, period: 'MONTHLY', number });
  }
  if (apiKey && apiKey.creditLimit !== null) {
    const { id, creditLimit: limit, limitPeriod: period, limitNumber: number } = apiKey;
    targets.push({ kind: 'API_KEY', id, limit, period, number });
  }
  return targets;
}

/** A prompt so far beyond a context is only told by its bytes how far. */
const toldExactly = 2;

/** To how many tokens a prompt may come that is counted because of this; 0 when none would help. */
function worthCounting(thrown: unknown): number {
  if (thrown instanceof InsufficientCredits) return Number.POSITIVE_INFINITY;
  if (!(thrown instanceof NoEndpointAvailable)) return 0;
  const tooLong = thrown.rejections.filter(({ code }) => code === 'CONTEXT_LENGTH');
  return toldExactly * Math.max(0, ...tooLong.map(({ endpoint }) => endpoint.contextLength));
}
