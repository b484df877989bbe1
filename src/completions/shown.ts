import type { Identity, Principal } from '#identity';
import type { Completion } from './completion.ts';
import type { Running } from './running.ts';

/** Who ran a completion. */
export type Owner = Pick<Completion, 'organizationId' | 'apiKeyId' | 'userId'>;

type Rights = Pick<Identity, 'permissions'>;

/** Whoever pays for a run owns it. */
export const ownerOf = ({ payer }: Running): Owner => ({
  organizationId: payer.organization.id,
  apiKeyId: payer.apiKey?.id ?? null,
  userId: payer.userId,
});

/** A key sees what it ran itself; others what they may read of the organization. */
export function sees(principal: Principal, owner: Owner, identity: Rights): boolean {
  if (principal.kind === 'apiKey' && principal.apiKey.kind === 'INFERENCE') {
    return owner.apiKeyId === principal.apiKey.id;
  }
  return permissions(principal, owner, identity).has('COMPLETIONS_READ');
}

/**
 * Whether the caller may read the prompt and the answer: the credential that ran it, and those who
 * may read what others of the organization asked.
 */
export function readsContent(principal: Principal, owner: Owner, identity: Rights): boolean {
  if (principal.kind === 'apiKey' && owner.apiKeyId === principal.apiKey.id) return true;
  const inPerson = principal.kind === 'user' && owner.apiKeyId === null;
  if (inPerson && owner.userId === principal.userId) return true;
  return permissions(principal, owner, identity).has('CONTENT_READ');
}

/**
 * Whether the caller may end a run: who ran it, and whoever may run or manage there. To read it is
 * not enough.
 */
export function mayEnd(principal: Principal, owner: Owner, identity: Rights): boolean {
  if (principal.kind === 'apiKey' && owner.apiKeyId === principal.apiKey.id) return true;
  const may = permissions(principal, owner, identity);
  return may.has('COMPLETIONS_RUN') || may.has('KEYS_WRITE');
}

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
  return readsContent(principal, completion, identity)
    ? completion
    : { ...completion, content: null };
}
