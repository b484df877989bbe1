import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { seededRandom } from '#kernel';
import type { Storage } from '#storage';
import { accountId } from '../../src/credits/leases/lease.ts';
import { ledgerStatements } from '../../src/credits/ledger/statements.ts';
import { organization } from '../credits/node.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { Calls } from './any-call.ts';
import { TwoLedgers } from './two-ledgers.ts';

const seeds = 200;
const callsEach = 24;

/**
 * The simulation is worth what its model is: here the model is compared with the functions of a
 * database, call by call and in the end row by row. One seed again: `vitest -t 'seed 17$'`.
 */
export function againstSuite(kind: DatabaseKind): void {
  describe(`the model against ${kind}`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await freshDatabase(kind);
    }, 120_000);
    afterEach(async () => {
      const ledger = ledgerStatements(storage);
      for (const session of await ledger.liveSessions(null)) await ledger.closeSession(session);
    });
    afterAll(() => storage.close());

    const begin = async (): Promise<TwoLedgers> => {
      const organizations = [await organization(storage, 0), await organization(storage, 0)];
      const [clock] = await storage.query<{ tick: bigint }>('SELECT tick FROM clock');
      const ledgers = new TwoLedgers(storage, organizations, Number(clock?.tick));
      for (const [index, id] of organizations.entries()) {
        ledgers.state.open(accountId(id), 'ORGANIZATION');
        const grant = { amount: index === 0 ? 40n : 6n, key: 'opening' };
        const given = { ...grant, reason: 'A gift', actor: null };
        await ledgers.call('grantCredits', accountId(id), given);
      }
      await ledgers.openSession();
      return ledgers;
    };

    test.each(Array.from({ length: seeds }, (_, seed) => seed))('seed %i', async (seed) => {
      const ledgers = await begin();
      const calls = new Calls(ledgers, seededRandom(seed));
      for (let n = 0; n < callsEach; n++) await calls.any();
      await ledgers.compareRows();
      for (const session of ledgers.sessions) await ledgers.call('closeSession', session);
      await ledgers.compareRows();
    });
  });
}
