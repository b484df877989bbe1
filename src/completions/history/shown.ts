import type { Identity, Principal } from '#identity';
import { dayMs } from '#kernel';
import { type Completion, keepMs } from '../completion.ts';
import type { Owner } from '../runs/run-of-node.ts';

type Rights = Pick<Identity, 'permissions' | 'visibleOrganization'>;

/** A key sees what it ran itself; others what they may read of the organization. */
export function sees(principal: Principal, owner: Owner, identity: Rights): boolean {
  if (principal.kind === 'apiKey' && principal.apiKey.kind === 'INFERENCE') {
    return owner.apiKeyId === principal.apiKey.id;
  }
  return permissions(principal, owner, identity).has('COMPLETIONS_READ');
}

/**
 * Whether the caller may read the prompt and the answer: the credential that ran it, whatever the
 * organization keeps; and those who may read what others of the organization asked, where it keeps
 * anything.
 */
export const readsContent = (principal: Principal, owner: Owner, identity: Rights): boolean =>
  ran(principal, owner) || daysKept(principal, owner, identity) > 0;

function ran(principal: Principal, owner: Owner): boolean {
  if (principal.kind === 'apiKey') return owner.apiKeyId === principal.apiKey.id;
  return principal.kind === 'user' && !owner.apiKeyId && owner.userId === principal.userId;
}

/** For how long the organization keeps content for this caller to read; 0 for one who may not. */
export function daysKept(principal: Principal, owner: Owner, identity: Rights): number {
  if (!permissions(principal, owner, identity).has('CONTENT_READ')) return 0;
  const organization = identity.visibleOrganization(principal, owner.organizationId ?? '');
  return organization?.retainContentDays ?? 0;
}

/**
 * Until when this caller can read what was said; null while it runs, and in the past for whoever
 * may not.
 */
export function readableUntil(
  principal: Principal,
  completion: Owner & Pick<Completion, 'finishedAt'>,
  identity: Rights,
): Date | null {
  const { finishedAt } = completion;
  if (!finishedAt) return null;
  const own = ran(principal, completion) ? keepMs : 0;
  const kept = daysKept(principal, completion, identity) * dayMs;
  return new Date(finishedAt.getTime() + Math.max(own, kept));
}

/**
 * Whether the caller may end a run: who ran it, and whoever may run or manage there. To read it is
 * not enough.
 */
export function mayEnd(principal: Principal, owner: Owner, identity: Rights): boolean {
  if (ran(principal, owner)) return true;
  const may = permissions(principal, owner, identity);
  return endsAny.some((permission) => may.has(permission));
}

/** One of these is what it takes to end what others run. */
export const endsAny = ['COMPLETIONS_RUN', 'KEYS_WRITE'] as const;

/** What the caller may in the organization that owns it. */
const permissions = (
  principal: Principal,
  { organizationId }: Owner,
  identity: Rights,
): ReadonlySet<string> =>
  (organizationId !== null && identity.permissions(principal, organizationId)) || new Set();

/** The completion as this caller may see it. */
export function shownTo(
  principal: Principal,
  completion: Completion,
  identity: Rights,
): Completion {
  const { content } = completion;
  if (!content || !readsContent(principal, completion, identity)) {
    return { ...completion, content: null };
  }
  const availableUntil = readableUntil(principal, completion, identity);
  return { ...completion, content: { ...content, availableUntil } };
}
