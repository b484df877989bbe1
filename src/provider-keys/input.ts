import { clearedIssues, idIssues, nameIssues, refuseIfAny } from '#identity';
import { type InputIssue, Secret } from '#kernel';

/** The contract's AddProviderKeyInput. */
export interface AddProviderKeyInput {
  readonly organizationId: string;
  /** Slug or id. */
  readonly provider: string;
  readonly name: string;
  readonly secret: string;
  readonly fallbackToPlatform: boolean;
}

/** The contract's UpdateProviderKeyInput: an absent field stays; none of them can be cleared. */
export interface UpdateProviderKeyInput {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly secret?: string | null | undefined;
  readonly fallbackToPlatform?: boolean | null | undefined;
  readonly enabled?: boolean | null | undefined;
}

/** What an update changes. */
export interface KeyChanges {
  readonly name?: string;
  readonly secret?: Secret;
  readonly fallbackToPlatform?: boolean;
  readonly enabled?: boolean;
}

/** @throws InvalidInput with everything that is wrong. */
export function checkedKey({ organizationId, name, secret }: AddProviderKeyInput) {
  refuseIfAny([
    ...idIssues('organization', 'input.organizationId', organizationId),
    ...nameIssues('input.name', name),
    ...secretIssues(secret),
  ]);
  return { name: name.trim(), secret: new Secret(secret.trim()) };
}

/** @throws InvalidInput with everything that is wrong. */
export function checkedChanges(input: UpdateProviderKeyInput): KeyChanges {
  const { id, name, secret, fallbackToPlatform, enabled } = input;
  refuseIfAny([
    ...idIssues('providerKey', 'input.id', id),
    ...clearedIssues('input.name', name),
    ...(name == null ? [] : nameIssues('input.name', name)),
    ...clearedIssues('input.secret', secret),
    ...(secret == null ? [] : secretIssues(secret)),
    ...clearedIssues('input.fallbackToPlatform', fallbackToPlatform),
    ...clearedIssues('input.enabled', enabled),
  ]);
  return {
    ...(name == null ? {} : { name: name.trim() }),
    ...(secret == null ? {} : { secret: new Secret(secret.trim()) }),
    ...(fallbackToPlatform == null ? {} : { fallbackToPlatform }),
    ...(enabled == null ? {} : { enabled }),
  };
}

/** The file of a service account has some 2,400 characters. */
const secretMax = 16_384;

/** What goes into a header is printable; a service account's file is JSON, with its line breaks. */
function secretIssues(given: string): readonly InputIssue[] {
  const text = given.trim();
  const printable = /^[\x20-\x7e]+$/.test(text) || text.startsWith('{');
  if (printable && text.length <= secretMax) return [];
  const accepted = `1 to ${secretMax} printable ASCII characters, or a JSON object`;
  return [{ path: 'input.secret', message: 'This cannot be a credential.', accepted }];
}

const shortMin = 16;

/** The part that is kept readable: at most a quarter of it at the front, and the last four. */
export function hintOf(secret: Secret): string {
  const text = secret.reveal();
  if (text.length < shortMin || text.startsWith('{')) return '…';
  return `${text.slice(0, Math.min(8, text.length / 4))}…${text.slice(-4)}`;
}
