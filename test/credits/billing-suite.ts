import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Billing, type Credits, openBilling, type UsageQuestion } from '#credits';
import { completionId, formatMoney, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import {
  credit,
  dollars,
  ledgerOf,
  newCompletion,
  openNode,
  organization,
  recordOf,
  violations,
} from './node.ts';

/** What is asked of the ledger, and what moves in it by hand, on both databases. */
export function billingSuite(kind: DatabaseKind): void {
  describe(`billing on ${kind}`, () => {
    let storage: Storage;
    let credits: Credits;
    let billing: Billing;
    let acme: string;
    const changed: string[] = [];

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      credits = await openNode(storage);
      billing = openBilling({
        storage,
        credits,
        clock: systemClock,
        log: silentLog,
        linkKey: new Uint8Array(32),
        payments: null,
        seller: () => 'Bourse',
        returnOrigins: () => ['http://bourse.test'],
        recall: (account) => credits.recalled(account),
        changed: (organizationId) => changed.push(organizationId),
      });
    }, 90_000);
    afterAll(async () => {
      billing.close();
      await credits.close();
      await storage.close();
    });
    beforeEach(async () => {
      acme = await organization(storage, 10);
    });
    afterEach(async () => expect(await violations(storage)).toEqual([]));

    /** Charges one dollar a token, now. */
    const charge = async (tokens: number, given: Parameters<typeof recordOf>[3] = {}) => {
      const completion = newCompletion(credits.session);
      const targets = [
        credit(acme),
        {
          kind: 'API_KEY',
          id: `key_${acme}`,
          limit: dollars(100),
          period: 'MONTHLY',
          number: 0,
        } as const,
      ];
      const hold = await credits.admit({ completion, targets, amount: dollars(tokens) });
      const now = new Date(systemClock.now()).toISOString();
      const times = { createdAt: now, finishedAt: now };
      await hold.end(recordOf(completion, acme, tokens, { ...times, ...given }));
      return given.completion ?? completion;
    };
    const spentByKey = async () => {
      const { spent } = await credits.keySpend({
        ...{ id: `key_${acme}`, creditLimit: dollars(100), limitPeriod: 'MONTHLY', limitNumber: 0 },
      });
      return formatMoney(spent);
    };
    const hour = 3_600_000;
    const question = (given: Partial<UsageQuestion> = {}): UsageQuestion => ({
      organizationId: acme,
      since: new Date(Math.floor(systemClock.now() / hour - 1) * hour),
      until: new Date(Math.ceil(systemClock.now() / hour + 1) * hour),
      groupBy: ['MODEL'],
      filter: {},
      orderBy: 'CHARGED',
      ...given,
    });
    const whole = { beyond: null, backward: false, take: 100 };
    const usage = (given: Partial<UsageQuestion> = {}) => billing.usage(question(given), whole);
    const readable = async (given: Partial<UsageQuestion> = {}) =>
      (await usage(given)).buckets.map(
        ({ key, requests, charged }) => `${key}: ${requests} for ${formatMoney(charged)}`,
      );

    const refund = (completionId: string, amount: number | null, key = 'once') =>
      billing.refund({
        completionId,
        amount: amount === null ? null : dollars(amount),
        key,
        reason: 'It was wrong',
        actor: null,
      });

    test('a refund gives back a part, then the rest, and never more than was charged', async () => {
      const completion = await charge(3, { apiKeyId: `key_${acme}` });
      expect(await spentByKey()).toBe('3');
      await refund(completion, 1, 'first');
      expect(await spentByKey()).toBe('2');
      await expect(refund(completion, 2.5, 'second')).rejects.toThrow('input.amount');
      await refund(completion, null, 'second');
      await expect(refund(completion, null, 'third')).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await ledgerOf(storage, acme)).toBe(
        ['GRANT 10 → 10', 'USAGE -3 → 7', 'REFUND 1 → 8', 'REFUND 2 → 10'].join('\n'),
      );
      expect(await spentByKey()).toBe('0');
      const { total } = await usage();
      expect([total.charged, total.refunded].map(formatMoney)).toEqual(['3', '3']);
      expect(changed).toContain(acme);
    });

    test('a key refunds once, and belongs to what it refunded', async () => {
      const [one, other] = [await charge(2), await charge(2)];
      const first = await refund(one, 1);
      expect(await refund(one, 1)).toEqual(first);
      await expect(refund(one, 2)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(refund(other, 1)).rejects.toMatchObject({ code: 'CONFLICT' });
      const many = await Promise.all(Array.from({ length: 5 }, () => refund(other, 2, 'all')));
      expect(new Set(many.map(({ entryId }) => entryId)).size).toBe(1);
      expect(await ledgerOf(storage, acme)).toMatch(/→ 6\nREFUND 1 → 7\nREFUND 2 → 9$/);
    });

    test('§25 two refunds at once by different keys do not exceed the charge', async () => {
      const completion = await charge(3);
      const both = await Promise.allSettled([
        refund(completion, 2, 'a'),
        refund(completion, 2, 'b'),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    test('a completion that is not there cannot be refunded', async () => {
      const refused = refund(newCompletion(credits.session), null);
      await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    const adjust = (amount: number, key: string) =>
      billing.adjust({
        organizationId: acme,
        amount: dollars(amount),
        key,
        reason: 'As agreed',
        actor: null,
      });

    test('an adjustment adds, and takes what nodes have leased and do not hold', async () => {
      await charge(1);
      await adjust(2.5, 'up');
      await adjust(-11, 'down');
      await adjust(-11, 'down');
      await expect(adjust(-1, 'too much')).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(adjust(2, 'up')).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await ledgerOf(storage, acme)).toMatch(
        /USAGE -1 → 9\nADJUSTMENT 2.5 → 11.5\nADJUSTMENT -11 → 0.5$/,
      );
    });

    test('usage is grouped, filtered and sorted, and sums up to the ledger', async () => {
      // All of one moment: midnight does not come between.
      const at = new Date(systemClock.now()).toISOString();
      const times = { createdAt: at, finishedAt: at };
      const error = { code: 'X', message: '' };
      await charge(1, { ...times, modelId: 'mdl_a', app: 'one', membershipId: 'mem_1' });
      await charge(3, { ...times, modelId: 'mdl_b', app: 'one', apiKeyId: 'key_1' });
      await charge(2, { ...times, modelId: 'mdl_a', status: 'FAILED', error });
      expect(await readable()).toEqual(['mdl_a: 2 for 3', 'mdl_b: 1 for 3']);
      const [most] = await readable({ orderBy: 'REQUESTS' });
      expect(most).toBe('mdl_a: 2 for 3');
      expect(await readable({ groupBy: ['APP', 'MODEL'] })).toEqual([
        'one mdl_b: 1 for 3',
        '- mdl_a: 1 for 2',
        'one mdl_a: 1 for 1',
      ]);
      const day = at.slice(0, 10);
      expect(await readable({ groupBy: ['DAY'] })).toEqual([`${day}: 3 for 6`]);
      expect(await readable({ groupBy: ['MONTH'] })).toEqual([`${day.slice(0, 7)}: 3 for 6`]);
      expect(await readable({ filter: { apiKeyId: 'key_1' } })).toEqual(['mdl_b: 1 for 3']);
      expect(await readable({ filter: { statuses: ['FAILED'] } })).toEqual(['mdl_a: 1 for 2']);
      expect(await readable({ filter: { errorCodes: ['X'] } })).toEqual(['mdl_a: 1 for 2']);
      expect(await readable({ filter: { minCharged: dollars(3) } })).toEqual(['mdl_b: 1 for 3']);
      const none = { metadata: {} };
      expect(await readable({ filter: none })).toEqual(await readable());
      expect(await readable({ filter: { ...none, statuses: ['FAILED'] } })).toHaveLength(1);
      const { total, count } = await usage();
      expect([count, total.requests, total.failures, formatMoney(total.charged)]).toEqual([
        2,
        3,
        1,
        '6',
      ]);
    });

    test('usage of a part of an hour is read from the completions themselves', async () => {
      await charge(2);
      const now = systemClock.now();
      const around = { since: new Date(now - 60_000), until: new Date(now + 60_000) };
      expect(await readable(around)).toEqual(['mdl_1: 1 for 2']);
      const before = { since: new Date(now - 120_000), until: new Date(now - 60_000) };
      expect(await readable(before)).toEqual([]);
    });

    test('usage of days is read from days, its ends from hours and completions', async () => {
      const midnight = new Date('2026-06-02T00:00:00Z').getTime();
      const [since, until] = [new Date(midnight - 45 * 60_000), new Date(midnight + 49.25 * hour)];
      const ends = [-0.8, -0.7, 0, 23.9, 24, 48.5, 49.1, 49.3].map((h) => midnight + h * hour);
      for (const [index, endMs] of ends.entries()) {
        const [completion, finishedAt] = [
          completionId(endMs, credits.session, index),
          new Date(endMs).toISOString(),
        ];
        const refunded = await charge(1, { completion, createdAt: finishedAt, finishedAt });
        if (endMs === midnight) await refund(refunded, 1);
      }
      const period = { since, until };
      expect(await readable({ ...period, groupBy: ['DAY'] })).toEqual([
        '2026-06-02: 2 for 2',
        '2026-06-04: 2 for 2',
        '2026-06-01: 1 for 1',
        '2026-06-03: 1 for 1',
      ]);
      const { total } = await usage(period);
      const fromCompletions = await usage({ ...period, filter: { statuses: ['SUCCEEDED'] } });
      expect(total).toEqual(fromCompletions.total);
      expect([total.requests, formatMoney(total.refunded)]).toEqual([6, '1']);
    });

    test('usage is sorted by time, the newest first, and goes on where a page ended', async () => {
      const since = Math.floor(systemClock.now() / hour - 2) * hour;
      for (const ended of [0, 1, 2].map((hours) => since + hours * hour)) {
        const finishedAt = new Date(ended).toISOString();
        const completion = completionId(ended, credits.session, 1);
        await charge(1, { completion, createdAt: finishedAt, finishedAt });
      }
      const byHour = question({ since: new Date(since), groupBy: ['HOUR'], orderBy: 'TIME' });
      const page = async (beyond: { rank: string; key: string } | null) =>
        (await billing.usage(byHour, { beyond, backward: false, take: 2 })).buckets;
      const [newest, second] = await page(null);
      const rest = await page({ rank: second?.rank ?? '', key: second?.key ?? '' });
      const starts = [newest, second, ...rest].map((bucket) => bucket?.start?.getTime());
      expect(starts).toEqual([since + 2 * hour, since + hour, since]);
    });

    test('an application that is named like none has a key and a page of its own', async () => {
      for (const app of [null, '-', '--']) await charge(1, { app });
      const byApp = question({ groupBy: ['APP'], orderBy: 'TIME' });
      const page = async (beyond: { rank: string; key: string } | null) =>
        (await billing.usage(byApp, { beyond, backward: false, take: 1 })).buckets[0];
      const first = await page(null);
      const second = await page(first ?? null);
      const third = await page(second ?? null);
      expect([first, second, third].map((one) => one?.app)).toEqual([null, '-', '--']);
    });

    test('usage to now has the whole hour that runs, from its sums', async () => {
      const since = new Date(Math.floor(systemClock.now() / hour) * hour);
      // Its node's clock may be ahead of the one that is asked.
      await charge(1, { finishedAt: new Date(since.getTime() + hour - 1).toISOString() });
      for (const groupBy of [['MODEL'], ['DAY'], ['HOUR']] as const) {
        expect((await usage({ since, until: null, groupBy })).total.requests).toBe(1);
      }
    });

    test.each(['requests', 'own_cost'])(
      'the audit finds a day whose %s are not the sum of its hours',
      async (figure) => {
        await charge(1);
        await credits.flush();
        const sql = `UPDATE day_rollup SET ${figure} = ${figure} + $2 WHERE organization_id = $1`;
        await storage.query(sql, [acme, 1]);
        expect(await violations(storage)).toEqual([expect.stringMatching(/^10: .*usage by day/)]);
        await storage.query(sql, [acme, -1]);
      },
    );

    test('usage is walked page by page, both ways', async () => {
      for (const model of ['mdl_a', 'mdl_b', 'mdl_c']) await charge(1, { modelId: model });
      const page = async (beyond: { rank: string; key: string } | null, backward = false) =>
        (await billing.usage(question(), { beyond, backward, take: 2 })).buckets;
      const [first, second] = await page(null);
      expect([first?.key, second?.key]).toEqual(['mdl_a', 'mdl_b']);
      const place = { rank: second?.rank ?? '', key: 'mdl_b' };
      expect((await page(place)).map(({ key }) => key)).toEqual(['mdl_c']);
      expect((await page(place, true)).map(({ key }) => key)).toEqual(['mdl_a']);
    });

    test('usage refuses what is too long by the hour or by the day', async () => {
      const since = (days: number) => new Date(systemClock.now() - days * 24 * hour);
      await expect(usage({ groupBy: ['HOUR'], since: since(40) })).rejects.toThrow('31 days');
      await expect(usage({ groupBy: ['DAY'], since: since(400) })).rejects.toThrow('366 days');
      await expect(usage({ groupBy: [] })).rejects.toThrow('groupBy');
      await expect(usage({ until: since(400) })).rejects.toThrow('until');
      const [now, ahead] = [since(0), since(-20)];
      await expect(usage({ groupBy: ['HOUR'], since: since(20), until: ahead })).rejects.toThrow();
      expect((await usage({ groupBy: ['HOUR'], since: since(31), until: now })).count).toBe(0);
      expect((await usage({ since: since(-10), until: ahead })).count).toBe(0);
    });

    test('a statement opens with what was before, and its export has every entry', async () => {
      await charge(4);
      const period = (since: number, until: number) => ({
        organizationId: acme,
        since: new Date(systemClock.now() + since),
        until: new Date(systemClock.now() + until),
      });
      const past = await billing.statement(period(-2 * hour, -hour));
      expect([past.openingBalance, past.closingBalance, past.totals]).toEqual([0n, 0n, []]);
      const all = await billing.statement(period(-hour, hour));
      expect([formatMoney(all.openingBalance), formatMoney(all.closingBalance)]).toEqual([
        '0',
        '6',
      ]);
      expect(all.totals.map(({ kind, entries }) => `${entries} ${kind}`).sort()).toEqual([
        '1 GRANT',
        '1 USAGE',
      ]);
      const next = await billing.statement(period(hour, 2 * hour));
      expect(formatMoney(next.openingBalance)).toBe('6');

      const token = billing.exportToken(period(-hour, hour));
      let csv = '';
      for await (const part of billing.exported(token) ?? []) csv += part;
      const [head, ...lines] = csv.trim().split('\r\n');
      expect(head).toContain('entry,at,kind,amount');
      expect(lines.map((line) => line.split(',').slice(2, 6).join(' '))).toEqual([
        'GRANT 10  10',
        'USAGE -4 0 6',
      ]);
      expect(billing.exported(token.replace(acme, 'org_other'))).toBe(null);
    });

    test('the forecast is the mean of seven days, and null without spend', async () => {
      const account = { organizationId: acme, balance: dollars(3) };
      expect(await billing.forecast(account)).toEqual({ burnRatePerDay: null, emptyAt: null });
      await charge(7);
      await credits.flush();
      const { burnRatePerDay, emptyAt } = await billing.forecast(account);
      expect(burnRatePerDay).toBe(dollars(1));
      const days = ((emptyAt?.getTime() ?? 0) - systemClock.now()) / (24 * hour);
      expect(days).toBeCloseTo(3, 3);
    });

    const partitionOf = async (completion: string) => {
      const sql = 'SELECT tableoid::regclass::text AS name FROM completion WHERE id = $1';
      return (await storage.query<{ name: string }>(sql, [completion]))[0]?.name ?? 'none';
    };
    const monthAgo = (months: number) => {
      const now = new Date(systemClock.now());
      return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15);
    };
    const partitionName = (ms: number) =>
      `completion_${new Date(ms).toISOString().slice(0, 7).replace('-', '')}`;

    test('this month and the next have their partition without anybody asking', async () => {
      for (const name of [partitionName(monthAgo(-1)), partitionName(monthAgo(0))]) {
        const sql = 'SELECT to_regclass($1)::text AS name';
        await expect.poll(() => storage.query(sql, [name])).toEqual([{ name }]);
      }
      const completion = await charge(1);
      await credits.flush();
      expect(await partitionOf(completion)).toBe(partitionName(monthAgo(0)));
    });
  });
}
