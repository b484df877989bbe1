import { openPolicy, type Principal } from '#identity';
import { type Route, type RouteRequest, textNeeds } from '#routing';
import type { PlanInput } from './input/input.ts';
import { preferencesOf } from './input/normalise.ts';
import { checkPlan } from './input/validate.ts';
import type { Rooms } from './rooms.ts';

type Planning = Pick<Rooms, 'identity' | 'providerKeys' | 'clock'> & {
  readonly router: Pick<Rooms['router'], 'plan'>;
};

/**
 * What the router would do with a request. It is checked as the completion would be. Sends nothing.
 * @throws InvalidInput
 */
export function planRoute(principal: Principal, input: PlanInput, rooms: Planning): Route {
  checkPlan(input);
  return planner(
    principal,
    input.organizationId ?? null,
    rooms,
  )({
    model: input.model,
    fallbackModels: input.fallbackModels ?? [],
    preferences: preferencesOf(input.provider ?? {}),
    needs: { ...textNeeds, requiredParameters: new Set(input.requiredParameters) },
    promptTokens: input.promptTokens ?? 0,
    maxTokens: input.maxTokens ?? null,
    sessionId: input.sessionId ?? null,
  });
}

/** Plans by the rules of whoever would pay; without credentials by no rules at all. */
export function planner(
  principal: Principal,
  organizationId: string | null,
  { identity, providerKeys, router, clock }: Planning,
) {
  const anybody = principal.kind === 'anonymous' || (principal.kind === 'user' && !organizationId);
  const payer = anybody ? null : identity.payer(principal, organizationId);
  const rules = {
    policy: payer?.organization.policy ?? openPolicy,
    allowedModels: payer?.apiKey?.allowedModels ?? null,
    ownKeys: payer ? providerKeys.of(payer.organization.id) : new Map(),
    organizationId: payer?.organization.id ?? null,
    at: new Date(clock.now()),
  };
  return (asked: Omit<RouteRequest, keyof typeof rules>) => router.plan({ ...asked, ...rules });
}
