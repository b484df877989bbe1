import type { Log, Secret } from '#kernel';
import type { Prisma, Storage } from '#storage';
import type { Vault } from '#vault';
import { changeTopic } from './change-topic.ts';
import { placeOf } from './sealed-keys.ts';

/** A key as requests use it. */
export interface OwnKey {
  readonly id: string;
  readonly organizationId: string;
  readonly providerId: string;
  readonly secret: Secret;
  /** When it is refused or fails, the platform's credential may be used. */
  readonly fallbackToPlatform: boolean;
}

/** Keys of one organization by provider, in the order in which they are tried. */
export type OwnKeys = ReadonlyMap<string, readonly OwnKey[]>;

const none: OwnKeys = new Map();

interface KeyRingOptions {
  readonly storage: Pick<Storage, 'prisma' | 'changes'>;
  readonly vault: Pick<Vault, 'unseal'>;
  readonly log: Log;
}

/** The enabled keys of all organizations, open in memory; follows every change. */
export class KeyRing {
  readonly #vault: Pick<Vault, 'unseal'>;
  readonly #log: Log;
  readonly #keys = new Map<string, OwnKey>();
  #byOrganization = new Map<string, OwnKeys>();

  static async open({ storage, vault, log }: KeyRingOptions): Promise<KeyRing> {
    const ring = new KeyRing(vault, log);
    const reread = async (subjects: readonly string[]) => {
      const all = subjects.includes('*');
      const where = all ? {} : { id: { in: [...subjects] } };
      const rows = await storage.prisma.providerKey.findMany({
        where: { ...where, enabled: true },
      });
      ring.#replace(all ? [...ring.#keys.keys()] : subjects, rows);
    };
    storage.changes.on(changeTopic, reread);
    await reread(['*']);
    return ring;
  }

  private constructor(vault: Pick<Vault, 'unseal'>, log: Log) {
    this.#vault = vault;
    this.#log = log;
  }

  of(organizationId: string): OwnKeys {
    return this.#byOrganization.get(organizationId) ?? none;
  }

  has(id: string): boolean {
    return this.#keys.has(id);
  }

  #replace(ids: readonly string[], rows: readonly Prisma.ProviderKeyModel[]): void {
    for (const id of ids) this.#keys.delete(id);
    for (const row of rows) {
      const key = this.#opened(row);
      if (key) this.#keys.set(row.id, key);
    }
    // Ids begin with the time of creation: the oldest key is the first to be tried.
    const sorted = [...this.#keys.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#byOrganization = new Map(
      [...Map.groupBy(sorted, (key) => key.organizationId)].map(([id, keys]) => [
        id,
        Map.groupBy(keys, (key) => key.providerId),
      ]),
    );
  }

  /** One that does not open is as good as none; its organization has to give it anew. */
  #opened(row: Prisma.ProviderKeyModel): OwnKey | null {
    const { id, organizationId, providerId, fallbackToPlatform, sealed } = row;
    try {
      const secret = this.#vault.unseal(sealed, placeOf(row));
      return { id, organizationId, providerId, secret, fallbackToPlatform };
    } catch (error) {
      this.#log.error('a provider key does not open', { providerKey: id, error });
      return null;
    }
  }
}
