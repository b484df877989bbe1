import type { ProviderPreferencesInput } from '#completions';
import { worstCase } from '#credits';
import { openPolicy } from '#identity';
import { formatMoney, InvalidInput, type Price, perMillionOrNull } from '#kernel';
import {
  noPreferences,
  type Route,
  type RouteCandidate,
  type RoutePreferences,
  textNeeds,
} from '#routing';
import type { Context } from '../context.ts';

/** The contract's `RouteInput`, as it comes in. */
export interface RouteInput {
  model: string;
  fallbackModels?: readonly string[] | null | undefined;
  provider?: ProviderPreferencesInput | null | undefined;
  promptTokens?: number | null | undefined;
  maxTokens?: number | null | undefined;
  requiredParameters?: readonly string[] | null | undefined;
  organizationId?: string | null | undefined;
  sessionId?: string | null | undefined;
}

const fallbacksMax = 10;

/**
 * Asks the router what it would do, by the rules of whoever would pay; without credentials by no
 * rules at all.
 */
export function planRoute(input: RouteInput, { rooms, principal }: Context): Route {
  const { promptTokens = null, maxTokens = null } = input;
  refuseNegative('input.promptTokens', promptTokens, 0);
  refuseNegative('input.maxTokens', maxTokens, 1);
  if ((input.fallbackModels?.length ?? 0) > fallbacksMax) {
    throw InvalidInput.at('input.fallbackModels', 'There are too many.', `at most ${fallbacksMax}`);
  }
  const anybody =
    principal.kind === 'anonymous' || (principal.kind === 'user' && !input.organizationId);
  const payer = anybody ? null : rooms.identity.payer(principal, input.organizationId ?? null);
  return rooms.router.plan({
    model: input.model,
    fallbackModels: input.fallbackModels ?? [],
    preferences: preferences(input.provider ?? {}),
    needs: { ...textNeeds, requiredParameters: new Set(input.requiredParameters) },
    promptTokens: promptTokens ?? 0,
    maxTokens,
    policy: payer?.organization.policy ?? openPolicy,
    allowedModels: payer?.apiKey?.allowedModels ?? null,
    ownKeys: payer ? rooms.providerKeys.of(payer.organization.id) : new Map(),
    organizationId: payer?.organization.id ?? null,
    sessionId: input.sessionId ?? null,
    at: new Date(rooms.clock.now()),
  });
}

function refuseNegative(path: string, value: number | null, least: number): void {
  if (value === null || value >= least) return;
  throw InvalidInput.at(path, `It is ${value}.`, `${least} or more`);
}

function preferences(given: ProviderPreferencesInput): RoutePreferences {
  const { maxPromptPricePerMillion, maxCompletionPricePerMillion, ...rest } = given;
  const set = Object.entries(rest).filter(([, value]) => value != null);
  return {
    ...noPreferences,
    ...Object.fromEntries(set),
    maxPromptPrice: ceiling('maxPromptPricePerMillion', maxPromptPricePerMillion),
    maxCompletionPrice: ceiling('maxCompletionPricePerMillion', maxCompletionPricePerMillion),
  };
}

function ceiling(field: string, text: string | null | undefined): Price | null {
  const price = text == null ? null : perMillionOrNull(text);
  if (text == null || (price !== null && price >= 0n)) return price;
  const accepted = 'US dollars per million tokens, as "2.5"';
  throw InvalidInput.at(`input.provider.${field}`, 'It is not a price.', accepted);
}

/**
 * The most that this candidate could charge, fee included; null when the request does not say how
 * long it is.
 */
export function maximumCharge(
  candidate: RouteCandidate,
  { request }: Route,
  { rooms }: Context,
): string | null {
  if (request.promptTokens === 0 || request.maxTokens === null) return null;
  const most = worstCase({
    prices: candidate.prices,
    promptTokens: request.promptTokens,
    maxTokens: request.maxTokens,
    images: 0,
    feeRate: rooms.platform.feeRate,
    ownProviderKey: candidate.ownKey !== undefined,
  });
  return formatMoney(most);
}
