import { type Clock, Fault, type Log, type Timer } from '#kernel';
import type { Cipher } from '../cipher.ts';
import { ConnectionHashes } from './connection-hashes.ts';
import type { Directory, KeyEntry } from './directory.ts';
import { Listeners } from './listeners.ts';
import { anonymous, type KeyPrincipal, type Principal, type UserPrincipal } from './principal.ts';

export interface AuthenticationOptions {
  readonly directory: Directory;
  readonly keyedHash: Cipher['keyedHash'];
  readonly administrator: { readonly keyHash: string; readonly principal: UserPrincipal };
  readonly clock: Clock;
  readonly log: Log;
  /** Called for each admitted use of a key. */
  readonly used: (apiKeyId: string) => void;
}

/** What ended: a key with all its secrets, or, when it was rotated, one secret of it. */
export interface EndedCredential {
  readonly apiKeyId: string;
  /** Keyed hash of the secret; null: the key itself. */
  readonly secretHash: string | null;
}

/** No credential of ours is longer; a longer one is not even hashed. */
const credentialMax = 256;
/** How long an announced revocation counts while the database does not say so yet. */
const denialMs = 10_000;
/** How often keys are looked through for those that have expired. */
const checkMs = 1_000;

/** Decides from memory alone who a credential is. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #hashes: ConnectionHashes;
  readonly #denied = new Map<string, number>();
  readonly #listeners: Listeners<EndedCredential>;
  readonly #timer: Timer;
  #checkedAt: number;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    this.#hashes = new ConnectionHashes(options.keyedHash);
    this.#listeners = new Listeners(options.log, 'end a key');
    this.#checkedAt = options.clock.now();
    this.#timer = options.clock.every(checkMs, () => this.#check());
  }

  /**
   * The principal of a bearer credential; anonymous without one. Fault UNAUTHENTICATED when it is
   * unknown, revoked, expired or disabled, in words that do not tell which. A credential is looked
   * up by its keyed hash, so how long that takes says nothing about how much of it was right.
   * `connection` is whatever stands for the one that it came on.
   */
  authenticate(credential: string | undefined, connection?: object): Principal {
    if (credential === undefined) return anonymous;
    if (credential.length > credentialMax) throw unauthenticated();
    const hash = this.#hashes.of(credential, connection);
    const { administrator, directory, clock } = this.#options;
    if (hash === administrator.keyHash) return administrator.principal;

    const entry = directory.keys.named(hash);
    if (!entry || !secretsOf(entry, clock.now()).includes(hash)) throw unauthenticated();
    return this.#principalOf(entry, hash);
  }

  /**
   * The principal as it stands now, for whoever keeps one longer than a request: limits and
   * policies may have changed. Fault UNAUTHENTICATED when its key, or the secret of it that was
   * given, is no longer valid.
   */
  current(principal: Principal): Principal {
    if (principal.kind !== 'apiKey') return principal;
    const { directory, clock } = this.#options;
    const [entry, hash] = [directory.keys.get(principal.apiKey.id), principal.secretHash];
    if (!entry || !secretsOf(entry, clock.now()).includes(hash)) throw unauthenticated();
    return this.#principalOf(entry, hash);
  }

  /**
   * Refuses a key at once, because it is being revoked, here or (so it was announced) on another
   * node. When the database does not confirm it within 10 s, the revocation did not come about and
   * the key is good again.
   */
  deny(apiKeyId: string): void {
    const entry = this.#options.directory.keys.get(apiKeyId);
    const wasValid = entry !== undefined && this.#valid(entry);
    this.#denied.set(apiKeyId, this.#options.clock.monotonic() + denialMs);
    if (wasValid) this.#listeners.tell({ apiKeyId, secretHash: null });
  }

  /**
   * Calls `listener` once for each key that stops being valid (revoked, disabled, or, within a
   * second, expired) and for each secret of a key that goes on with another one.
   */
  onRevoked(listener: (ended: EndedCredential) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Compares keys that were read anew with what they were `before`, and ends those that were valid.
   */
  keysChanged(before: readonly KeyEntry[]): void {
    const { directory, clock } = this.#options;
    for (const entry of before.filter((each) => this.#valid(each))) {
      const apiKeyId = entry.apiKey.id;
      const now = directory.keys.get(apiKeyId);
      if (!now || !this.#valid(now)) {
        this.#listeners.tell({ apiKeyId, secretHash: null });
        continue;
      }
      const left = secretsOf(now, clock.now());
      for (const secretHash of secretsOf(entry, clock.now())) {
        if (!left.includes(secretHash)) this.#listeners.tell({ apiKeyId, secretHash });
      }
    }
  }

  close(): void {
    this.#timer.cancel();
    this.#listeners.clear();
  }

  #principalOf(entry: KeyEntry, secretHash: string): KeyPrincipal {
    const { apiKey } = entry;
    const organization = this.#options.directory.organizations.get(apiKey.organizationId);
    if (!organization || !this.#valid(entry)) throw unauthenticated();
    this.#options.used(apiKey.id);
    return { kind: 'apiKey', apiKey, organization, secretHash };
  }

  #valid({ apiKey }: KeyEntry): boolean {
    if (apiKey.disabled || this.#denied.has(apiKey.id)) return false;
    return apiKey.expiresAt === null || apiKey.expiresAt.getTime() > this.#options.clock.now();
  }

  #check(): void {
    const { clock, directory } = this.#options;
    for (const [apiKeyId, until] of this.#denied) {
      if (clock.monotonic() >= until) this.#denied.delete(apiKeyId);
    }
    const [since, now] = [this.#checkedAt, clock.now()];
    this.#checkedAt = now;
    const justPassed = (at: Date | undefined | null) =>
      at != null && at.getTime() > since && at.getTime() <= now;
    for (const { apiKey, previous } of directory.keys.values()) {
      const apiKeyId = apiKey.id;
      if (justPassed(apiKey.expiresAt)) this.#listeners.tell({ apiKeyId, secretHash: null });
      else if (previous && justPassed(previous.until)) {
        this.#listeners.tell({ apiKeyId, secretHash: previous.hash });
      }
    }
  }
}

/** The hashes of the secrets that open the key: its own, and the replaced one within its grace. */
function secretsOf({ hash, previous }: KeyEntry, now: number): readonly string[] {
  return previous && now < previous.until.getTime() ? [hash, previous.hash] : [hash];
}

/** One sentence for all reasons: which one it is would tell a stranger that the key exists. */
export function unauthenticated(): Fault {
  return new Fault('UNAUTHENTICATED', {
    public: 'This credential is not valid. Send a valid API key as "Authorization: Bearer <key>".',
  });
}
