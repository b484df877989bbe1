import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Billing, type Credits, openBilling } from '#credits';
import { type Clock, formatMoney, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import { noteAlerts } from '../../src/credits/billing/alerts.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { dollars, grant, openNode, organization, violations } from './node.ts';

/** Tests alone note alerts: a look between two lines would be a race. */
const looksOnlyWhenTold: Clock = { ...systemClock, every: () => ({ cancel: () => {} }) };

/** What people are told of balances and limits, on both databases. */
export function alertsSuite(kind: DatabaseKind): void {
  describe(`alerts on ${kind}`, () => {
    let storage: Storage;
    let credits: Credits;
    let billing: Billing;
    let acme: string;

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      credits = await openNode(storage);
      billing = openBilling({
        ...{ storage, credits, clock: looksOnlyWhenTold, log: silentLog },
        linkKey: new Uint8Array(32),
        payments: null,
        seller: () => 'Bourse',
        returnOrigins: () => ['https://bourse.test'],
        recall: (account) => credits.recalled(account),
        changed: () => undefined,
      });
    }, 120_000);
    afterAll(async () => {
      billing.close();
      await credits.close();
      await storage.close();
    });
    beforeEach(async () => {
      acme = await organization(storage, 20);
    });
    afterEach(async () => expect(await violations(storage)).toEqual([]));

    const thresholdsAt = (...thresholds: bigint[]) =>
      billing.setAlertThresholds('usr_somebody', { organizationId: acme, thresholds });
    const toldOf = async (organizationId = acme) =>
      (await noteAlerts(storage)).includes(organizationId);
    /** What they were told, in order: of which figure, and what there was then. */
    const alerts = async () => {
      const rows = await storage.query<{ kind: string; threshold: bigint; amount: bigint }>(
        `SELECT kind, threshold, amount FROM credit_alert WHERE organization_id = $1
          ORDER BY at, threshold`,
        [acme],
      );
      return rows.map(
        ({ kind: of, threshold, amount }) =>
          `${of} ${formatMoney(threshold)}: ${formatMoney(amount)}`,
      );
    };

    test('a balance below a threshold is told once, and again after it was above', async () => {
      await thresholdsAt(dollars(30), dollars(5));
      const where = { chain: acme, actor: 'usr_somebody' };
      expect(await storage.prisma.auditEvent.findMany({ where })).toMatchObject([
        {
          action: 'credits.alertThresholdsSet',
          details: { thresholds: ['30', '5'] },
        },
      ]);
      expect([await toldOf(), await toldOf()]).toEqual([true, false]);
      await grant(storage, acme, { amount: 20, key: 'more' });
      expect(await toldOf()).toBe(false);
      await billing.adjust({
        ...{ organizationId: acme, amount: dollars(-36), key: 'take' },
        ...{ reason: 'Spent', actor: null },
      });
      expect(await toldOf()).toBe(true);
      expect(await alerts()).toEqual([
        'LOW_BALANCE 30: 20',
        'LOW_BALANCE 5: 4',
        'LOW_BALANCE 30: 4',
      ]);
    });

    /** A key of which so much of its limit is spent, in dollars. */
    const keyWith = async ({ limit, spent }: { limit: string; spent: string }) => {
      const id = `key_${acme}`;
      const key = { id, organizationId: acme, name: 'Large', hint: id, hash: id };
      await storage.prisma.apiKey.create({
        data: { ...key, kind: 'INFERENCE', creditLimit: dollars(limit), limitNumber: 0 },
      });
      await storage.query(
        `INSERT INTO allowance (id, subject, subject_id, period_start, number, spent, carried)
          SELECT $1, 'API_KEY', id, to_timestamp(0), limit_number, $2::numeric, $2::numeric
          FROM api_key WHERE id = $1`,
        [id, `${spent}000000000000`],
      );
    };

    test.each([
      [{ limit: '200000', spent: '160000' }, ['KEY_LIMIT 160000: 160000']],
      [
        { limit: '9223372.036854775807', spent: '9300000' },
        [
          'KEY_LIMIT 7378697.629483820645: 9223372.036854775807',
          'KEY_LIMIT 9223372.036854775807: 9223372.036854775807',
        ],
      ],
    ])(
      'of a limit as large as can be set, too, and nobody is kept from theirs: %o',
      async (key, of) => {
        await keyWith(key);
        expect(await toldOf()).toBe(true);
        expect(await alerts()).toEqual(of);
        expect(await toldOf()).toBe(false);
      },
    );
  });
}
