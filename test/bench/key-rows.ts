import { demoOrganizationId, type Identity } from '#identity';
import { systemClock } from '#kernel';
import { newApiKey } from '../../src/identity/keys/api-key-form.ts';
import { insertKey } from '../../src/identity/keys/api-keys.ts';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { begin, openNode } from '../identity/node.ts';
import { cipher } from '../identity/people.ts';
import { median, rounded } from './figures.ts';
import type { Row } from './rows.ts';

const keys = 1_000;
const rounds = 15;
const usesPerRound = 20_000;

/** What each request pays to know its key, what it may do and who pays. */
function verify(identity: Identity, secret: string): void {
  const principal = identity.authenticate(secret);
  const { organization } = identity.payer(principal);
  identity.permissions(principal, organization.id);
}

/** CPU of the process for a verification, in microseconds: the keys in turn, all of them warm. */
export const keyRow: Row = {
  name: 'key-verification',
  async run(stage) {
    const [database = 'embedded'] = stage.databases;
    const clock = virtualClock();
    const storage = await freshDatabase(database);
    await begin(storage, clock);
    const secrets = Array.from({ length: keys }, newApiKey);
    await storage.write(
      async (tx) => {
        for (const secret of secrets) {
          const settings = { ...openSettings, name: 'a key' };
          const made = { organizationId: demoOrganizationId, membershipId: null, settings };
          await insertKey(tx, { ...made, secret, cipher, clock: systemClock });
        }
      },
      { timeoutMs: 60_000 },
    );
    const identity = await openNode(storage, clock);
    const texts = secrets.map((secret) => secret.reveal());
    const micros = () => {
      const before = process.cpuUsage();
      for (let use = 0; use < usesPerRound; use++) verify(identity, texts[use % keys] ?? '');
      const { user, system } = process.cpuUsage(before);
      return (user + system) / usesPerRound;
    };
    micros();
    const measured = median(Array.from({ length: rounds }, micros));
    await identity.close();
    await storage.close();
    const what = 'verification of a warm key';
    const bar = { kind: 'at most', value: 20, unit: 'µs' } as const;
    const figure = `${rounded(measured)} µs`;
    return [{ row: this.name, what, figure, reference: '', ratio: '', bar, measured }];
  },
};

const openSettings = {
  kind: 'INFERENCE',
  creditLimit: null,
  limitPeriod: 'NONE',
  requestsPerMinute: null,
  allowedModels: null,
  expiresAt: null,
} as const;
