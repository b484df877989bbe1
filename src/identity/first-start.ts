import { latestDetails, platformChain, record } from '#audit';
import { type Clock, derivedId, Fault, type Secret } from '#kernel';
import type { Storage, Transaction } from '#storage';
import type { Cipher } from './cipher.ts';
import { newApiKey } from './keys/api-key-form.ts';
import { created, insertKey } from './keys/api-keys.ts';
import type { NewKeySettings } from './keys/new-key-input.ts';
import { insertOrganization } from './organizations/organizations.ts';
import type { OpenAccount } from './writing.ts';

/** The platform administrator: the person that ADMIN_KEY is. */
export const administratorId = derivedId('user', 'administrator');
/** The demo organization. */
export const demoOrganizationId = derivedId('organization', 'demo');

export interface FirstStartOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly cipher: Cipher;
  /** DEMO_KEY as the operator set it; null: one is made. Looked at on the first start alone. */
  readonly demoKey: Secret | null;
  readonly openAccount: OpenAccount;
  /** Gives the organization its credits as one GRANT; called on every start, effective once. */
  readonly grantDemoCredits: (organizationId: string) => Promise<void>;
}

/**
 * Makes what a new platform begins with, exactly once however many nodes start at once: the
 * administrator, the organization `demo` and its key. The administrator's row is the mark that it
 * was done, for nothing removes it; what else was removed since is not made again. Returns the demo
 * key when this start made it, else null. The credits follow in a transaction of their own; a start
 * that died before them leaves them to the next.
 */
export async function firstStart(options: FirstStartOptions): Promise<Secret | null> {
  const { storage, cipher, grantDemoCredits } = options;
  const secret = options.demoKey ?? newApiKey();
  const isFirst = await storage.write((tx) => makePlatform(tx, options, secret));
  if (!isFirst) await checkEncryptionKey(storage, cipher);
  await grantDemoCredits(demoOrganizationId);
  return isFirst ? secret : null;
}

/** A second node waits here, on the row that the first inserts, until that one has committed. */
async function makePlatform(
  tx: Transaction,
  { clock, cipher, openAccount }: FirstStartOptions,
  secret: Secret,
): Promise<boolean> {
  const { count } = await tx.user.createMany({
    data: [
      {
        id: administratorId,
        name: 'Administrator',
        isPlatformAdmin: true,
        createdAt: new Date(clock.now()),
      },
    ],
    skipDuplicates: true,
  });
  if (count === 0) return false;
  const [id, ownerId, name, slug] = [demoOrganizationId, administratorId, 'Demo', 'demo'];
  await insertOrganization(tx, { id, name, slugs: [slug], ownerId, clock, openAccount });
  const key = { organizationId: id, membershipId: null, settings: demoKeySettings };
  const apiKey = await insertKey(tx, { ...key, secret, cipher, clock });
  const [platform, actor] = [platformChain, platformChain];
  const details = { encryptionKey: fingerprint(cipher) };
  const made = { chain: platform, actor, action: 'platform.created', subject: platform, details };
  const organized = { chain: id, actor, action: 'organization.created', subject: id };
  await record(tx, made, clock);
  await record(tx, { ...organized, details: { name, slug } }, clock);
  await record(tx, created(apiKey, actor), clock);
  return true;
}

const demoKeySettings: NewKeySettings = {
  name: 'demo key',
  kind: 'INFERENCE',
  creditLimit: null,
  limitPeriod: 'NONE',
  requestsPerMinute: null,
  allowedModels: null,
  expiresAt: null,
};

/**
 * With another encryption key no stored key would be recognised and no sealed credential open: say
 * so at once.
 */
export async function checkEncryptionKey(storage: Storage, cipher: Cipher): Promise<void> {
  const details = await latestDetails(storage, platformChain, 'platform.created');
  if (details && details['encryptionKey'] !== fingerprint(cipher)) {
    throw new Fault('INVALID_INPUT', {
      public:
        'ENCRYPTION_KEY is not the one that this database was made with. ' +
        'Set that one, or restore encryption.key in DATA_DIR.',
    });
  }
}

const fingerprint = (cipher: Cipher) => cipher.keyedHash('which encryption key').slice(0, 16);
