import { GraphQLError } from 'graphql';
import { currentOrigin } from '#audit';
import type { RequestLimit } from '#limits';
import type { Context } from '#schema';

/**
 * Points of document cost that a caller may spend in a minute: more than a node can serve to one,
 * so that nobody meets it who does not flood.
 */
export const pointsAMinute = { anonymous: 10_000_000, authenticated: 1_000_000_000 };

type Caller = Pick<Context, 'principal' | 'rooms'>;

/** What the caller has left. */
export function pointsLeft({ principal, rooms }: Caller): RequestLimit {
  return rooms.limits.look(nameOf(principal), mostOf(principal));
}

/** What `extensions.cost` says. */
export interface DocumentCost {
  readonly requested: number;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAt: Date;
}

/** Spends points; the refusal when there are too few. */
export function spendPoints(
  { principal, rooms }: Caller,
  requested: number,
): { readonly cost: DocumentCost; readonly refused: GraphQLError | null } {
  const left = rooms.limits.take(nameOf(principal), mostOf(principal), requested);
  const { limit, remaining, resetAt } = left;
  const cost = { requested, limit, remaining, resetAt };
  return { cost, refused: left.allowed ? null : tooManyPoints(left, requested) };
}

/** Those without credentials share what their network address may spend. */
function nameOf(principal: Context['principal']): string {
  if (principal.kind === 'apiKey') return `points ${principal.apiKey.id}`;
  return `points ${principal.kind === 'user' ? principal.userId : currentOrigin().address}`;
}

const mostOf = ({ kind }: Context['principal']) =>
  kind === 'anonymous' ? pointsAMinute.anonymous : pointsAMinute.authenticated;

function tooManyPoints({ limit, retryAfterMs }: RequestLimit, actual: number): GraphQLError {
  const message = `${limit} points of document cost may be spent in a minute. Ask more slowly.`;
  const extensions = { code: 'RATE_LIMITED', limit, actual, retryAfterMs, http: { status: 429 } };
  return new GraphQLError(message, { extensions });
}
