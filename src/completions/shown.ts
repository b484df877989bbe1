import type { Identity, Principal } from '#identity';
import type { Completion } from './completion.ts';
import type { Running } from './running.ts';

/**
 * Whether the caller may read the prompt and the answer: the credential that ran it, and those who
 * may read what others of the organization asked.
 */
function readsContent(
  principal: Principal,
  { payer }: Running,
  identity: Pick<Identity, 'permissions'>,
): boolean {
  if (principal.kind === 'apiKey' && payer.apiKey?.id === principal.apiKey.id) return true;
  const inPerson = principal.kind === 'user' && payer.apiKey === null;
  if (inPerson && payer.userId === principal.userId) return true;
  return identity.permissions(principal, payer.organization.id)?.has('CONTENT_READ') ?? false;
}

/** The completion as this caller may see it. */
export function shownTo(
  principal: Principal,
  running: Running,
  identity: Pick<Identity, 'permissions'>,
): Completion {
  const completion = running.completion();
  return readsContent(principal, running, identity) ? completion : { ...completion, content: null };
}

/** The run, when this caller may follow what it says. */
export const followable = (
  principal: Principal,
  running: Running | null,
  identity: Pick<Identity, 'permissions'>,
): Running | null => (running && readsContent(principal, running, identity) ? running : null);
