import { expect, test } from 'vitest';
import { openBilling } from '#credits';
import { type Clock, silentLog, systemClock } from '#kernel';
import { freshDatabase } from '../harness/databases.ts';
import { dollars, openNode, organization } from './node.ts';

test('while the payment provider is silent, alerts are told and others topped up', async () => {
  const storage = await freshDatabase('embedded');
  const credits = await openNode(storage);
  const looks: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    every(_, look) {
      looks.push(look);
      return { cancel: () => {} };
    },
  };
  const silent = await organization(storage, 1);
  const paying = await organization(storage, 1);
  const billing = openBilling({
    ...{ storage, credits, clock, log: silentLog, linkKey: new Uint8Array(32) },
    payments: {
      checkout: async () => ({ session: '', url: '' }),
      charge: ({ customer }) =>
        customer === silent
          ? new Promise(() => {})
          : Promise.resolve({ kind: 'PAID', intent: 'pi_1' }),
      look: async () => ({ kind: 'UNKNOWN' }),
      news: async () => null,
      payment: async () => null,
    },
    seller: () => 'Bourse',
    returnOrigins: () => ['https://bourse.test'],
    recall: () => undefined,
    changed: () => undefined,
  });
  const look = async (sql: string) => {
    for (const run of looks) run();
    return (await storage.query(sql)).length;
  };
  for (const organizationId of [silent, paying]) {
    await storage.query(
      `INSERT INTO billing (organization_id, customer, payment_method, top_up_threshold,
          top_up_amount) VALUES ($1, $1, 'pm', $2::bigint, $2::bigint)`,
      [organizationId, dollars(5).toString()],
    );
  }
  const paid = `SELECT FROM purchase WHERE status = 'PAID' AND organization_id = '${paying}'`;
  await expect.poll(() => look(paid)).toBe(1);
  const asked = `SELECT FROM purchase WHERE asked_at IS NOT NULL AND organization_id = '${silent}'`;
  expect(await look(asked)).toBe(1);
  const thresholds = [dollars(7)];
  await billing.setAlertThresholds('usr_1', { organizationId: silent, thresholds });
  await expect.poll(() => look('SELECT FROM credit_alert')).toBe(1);
  billing.close();
  await credits.close();
  await storage.close();
}, 120_000);
