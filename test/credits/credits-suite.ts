import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AllowanceTarget, type Credits, InsufficientCredits } from '#credits';
import { formatMoney } from '#kernel';
import type { Storage } from '#storage';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import {
  balanceOf,
  credit,
  dollars,
  grant,
  ledgerOf,
  newCompletion,
  openNode,
  organization,
  recordOf,
  spend,
  violations,
} from './node.ts';

/** What callers and the organization are promised about money, on either database. */
export function creditsSuite(kind: DatabaseKind): void {
  describe(`credits on ${kind}`, () => {
    let storage: Storage;
    let dataDir: string;
    let credits: Credits;

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      dataDir = await mkdtemp(join(tmpdir(), 'bourse-credits-'));
      credits = await openNode(storage, { dataDir });
    }, 60_000);

    afterEach(async () => {
      await credits.flush();
      expect(await violations(storage)).toEqual([]);
    });

    afterAll(async () => {
      await credits.close();
      await storage.close();
      await rm(dataDir, { recursive: true, force: true });
    });

    const accountOf = async (organizationId: string) => {
      const { balance, held, available } = await credits.account(organizationId);
      return [balance, held, available].map(formatMoney).join(' ');
    };

    test('a completion leaves one entry, and the balance is the sum of the entries', async () => {
      const acme = await organization(storage, 10);
      await spend(credits, acme, { tokens: 3, hold: 5 });
      await spend(credits, acme, 2);
      await credits.flush();
      expect(await ledgerOf(storage, acme)).toBe(
        ['GRANT 10 → 10', 'USAGE -3 → 7', 'USAGE -2 → 5'].join('\n'),
      );
      expect(await accountOf(acme)).toBe('5 0 5');
    });

    test('what is held is not available, and is again when the completion is over', async () => {
      const acme = await organization(storage, 10);
      const completion = newCompletion(credits.session);
      const request = { completion, targets: [credit(acme)], amount: dollars(4) };
      const hold = await credits.admit(request);
      expect(await accountOf(acme)).toBe('10 4 6');
      expect(hold.extend(dollars(6))).toBe(true);
      expect(hold.extend(1n)).toBe(false);
      expect(await accountOf(acme)).toBe('10 10 0');
      await hold.end(null);
      expect(await accountOf(acme)).toBe('10 0 10');
    });

    test('with credit for seven, seven of five hundred requests at once are admitted', async () => {
      const acme = await organization(storage, 7);
      const asked = Array.from({ length: 500 }, () =>
        credits.admit({
          completion: newCompletion(credits.session),
          targets: [credit(acme)],
          amount: dollars(1),
        }),
      );
      const answers = await Promise.allSettled(asked);
      const holds = answers.flatMap((answer) =>
        answer.status === 'fulfilled' ? [answer.value] : [],
      );
      expect(holds).toHaveLength(7);
      await Promise.all(
        holds.map((hold) => hold.end(recordOf(hold.completion, acme, 1, { hold: hold.amount }))),
      );
      expect(await accountOf(acme)).toBe('0 0 0');
    });

    test('a refusal says what was required, what is there and which limit refused', async () => {
      const acme = await organization(storage, 2);
      const completion = newCompletion(credits.session);
      const refusal = await credits
        .admit({ completion, targets: [credit(acme)], amount: dollars(3) })
        .catch((thrown) => thrown);
      expect(refusal).toBeInstanceOf(InsufficientCredits);
      expect(refusal).toMatchObject({
        code: 'INSUFFICIENT_CREDITS',
        required: dollars(3),
        available: dollars(2),
        allowance: 'ORGANIZATION',
        resetsAt: null,
      });
    });

    test("a key's limit refuses before the credits do, and says when it starts anew", async () => {
      const acme = await organization(storage, 10);
      const key = {
        kind: 'API_KEY',
        id: 'key_daily',
        limit: dollars(3),
        period: 'DAILY',
        number: 0,
      } as const;
      const admit = (amount: number) =>
        credits.admit({
          completion: newCompletion(credits.session),
          targets: [credit(acme), key],
          amount: dollars(amount),
        });
      const hold = await admit(2);
      await hold.end(recordOf(hold.completion, acme, 2, { apiKeyId: key.id }));
      const refusal = await admit(2).catch((thrown) => thrown);
      expect(refusal).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        allowance: 'API_KEY',
        required: dollars(2),
        available: dollars(1),
      });
      expect(refusal.resetsAt.getTime()).toBeGreaterThan(Date.UTC(2026, 0, 1));
      expect(await accountOf(acme)).toBe('8 0 8');
    });

    test('a limit that is set later counts what the key has spent in the period', async () => {
      const acme = await organization(storage, 10);
      const first = newCompletion(credits.session);
      const hold = await credits.admit({
        completion: first,
        targets: [credit(acme)],
        amount: dollars(4),
      });
      await hold.end(recordOf(first, acme, 4, { apiKeyId: 'key_later' }));
      await credits.flush();
      const limit = {
        kind: 'API_KEY',
        id: 'key_later',
        limit: dollars(5),
        period: 'NONE',
        number: 0,
      } as const;
      const refusal = await credits
        .admit({
          completion: newCompletion(credits.session),
          targets: [credit(acme), limit],
          amount: dollars(2),
        })
        .catch((thrown) => thrown);
      expect(refusal).toMatchObject({ code: 'LIMIT_EXCEEDED', available: dollars(1) });
      const spent = await credits.keySpend({
        ...{ id: 'key_later', creditLimit: dollars(5), limitPeriod: 'NONE', limitNumber: 0 },
      });
      expect(spent).toEqual({ spent: dollars(4), held: 0n, periodEndsAt: null });
    });

    test('a limit that is set anew counts what is not in the ledger yet', async () => {
      const acme = await organization(storage, 10);
      const id = 'key_anew';
      const hold = await credits.admit({
        completion: newCompletion(credits.session),
        targets: [credit(acme)],
        amount: dollars(4),
      });
      await hold.end(recordOf(hold.completion, acme, 4, { apiKeyId: id }));
      const limit = { kind: 'API_KEY', id, limit: dollars(5), period: 'NONE', number: 1 } as const;
      const refusal = await credits
        .admit({
          completion: newCompletion(credits.session),
          targets: [credit(acme), limit],
          amount: dollars(2),
        })
        .catch((thrown) => thrown);
      expect(refusal).toMatchObject({ code: 'LIMIT_EXCEEDED', available: dollars(1) });
    });

    test('a limit that is set while completions run counts them when they have ended', async () => {
      const acme = await organization(storage, 20);
      const id = 'key_running';
      const limit = { kind: 'API_KEY', id, limit: dollars(5), period: 'NONE', number: 1 } as const;
      const ask = (amount: number, targets: readonly AllowanceTarget[]) =>
        credits.admit({
          completion: newCompletion(credits.session),
          targets: [credit(acme), ...targets],
          amount: dollars(amount),
        });
      const running = await ask(4, []);
      const limited = await ask(1, [limit]);
      await running.end(recordOf(running.completion, acme, 4, { apiKeyId: id }));
      await limited.end(recordOf(limited.completion, acme, 1, { apiKeyId: id }));
      const more = () =>
        ask(1, [limit]).then(
          (hold) => hold.end(null),
          ({ code, available }) => `${code} ${available}`,
        );
      await expect.poll(more).toBe('LIMIT_EXCEEDED 0');
    });

    test('§14 a limit that is lowered counts at once, a raised one too', async () => {
      const acme = await organization(storage, 100);
      const ask = (limit: number, amount: number) =>
        credits.admit({
          completion: newCompletion(credits.session),
          targets: [
            credit(acme),
            { kind: 'API_KEY', id: 'key_moved', limit: dollars(limit), period: 'NONE', number: 0 },
          ],
          amount: dollars(amount),
        });
      await (await ask(50, 10)).end(null);
      await expect(ask(5, 10)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
      await (await ask(20, 10)).end(null);
    });

    test('§14 a limit that is changed counts for what runs, too', async () => {
      const acme = await organization(storage, 100);
      const key = { kind: 'API_KEY', id: 'key_growing', period: 'NONE', number: 0 } as const;
      const hold = await credits.admit({
        completion: newCompletion(credits.session),
        targets: [credit(acme), { ...key, limit: dollars(50) }],
        amount: dollars(1),
      });
      for (const limit of [3, 5]) {
        credits.limited({ ...key, limit: dollars(limit) });
        await credits.flush();
        const grown = () => {
          hold.extend(dollars(1));
          return formatMoney(hold.amount);
        };
        await expect.poll(grown).toBe(String(limit));
        expect(hold.extend(dollars(1))).toBe(false);
      }
      await hold.end(null);
    });

    test('§14 a limit that is taken away stops nothing; set again it counts it', async () => {
      const acme = await organization(storage, 100);
      const key = { kind: 'API_KEY', id: 'key_freed', period: 'NONE', number: 0 } as const;
      const targets = [credit(acme), { ...key, limit: dollars(2) }];
      const completion = newCompletion(credits.session);
      const hold = await credits.admit({ completion, targets, amount: dollars(1) });
      expect(hold.extend(dollars(5))).toBe(false);
      credits.limited({ ...key, limit: null });
      expect(hold.extend(dollars(5))).toBe(true);
      await hold.end(recordOf(completion, acme, 6, { apiKeyId: key.id }));
      await credits.flush();
      const { spent, held } = await credits.keySpend({
        ...{ id: key.id, creditLimit: dollars(2), limitPeriod: 'NONE', limitNumber: 1 },
      });
      expect([spent, held]).toEqual([dollars(6), 0n]);
      const refused = credits.admit({
        completion: newCompletion(credits.session),
        targets: [credit(acme), { ...key, limit: dollars(2), number: 1 }],
        amount: dollars(1),
      });
      await expect(refused).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', available: 0n });
    });

    test('a grant can be spent at once, and the same key grants once', async () => {
      const acme = await organization(storage, 0);
      await expect(spend(credits, acme, 1)).rejects.toMatchObject({ code: 'INSUFFICIENT_CREDITS' });
      const gift = { organizationId: acme, amount: dollars(1), reason: 'A gift', actor: null };
      const first = await credits.grantCredits({ ...gift, key: 'k' });
      const again = await credits.grantCredits({ ...gift, key: 'k' });
      expect(again).toEqual(first);
      expect(await accountOf(acme)).toBe('1 0 1');
      await expect(
        credits.grantCredits({ ...gift, amount: dollars(2), key: 'k' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
      await spend(credits, acme, 1);
      expect(await accountOf(acme)).toBe('0 0 0');
    });

    test('credits that come while the account is in use are there for the next one', async () => {
      const acme = await organization(storage, 1);
      await spend(credits, acme, 1);
      await grant(storage, acme, { amount: 5, key: 'later' });
      await spend(credits, acme, 5);
      expect(await accountOf(acme)).toBe('0 0 0');
    });

    test('a hold that was ended can neither grow nor end again', async () => {
      const acme = await organization(storage, 5);
      const completion = newCompletion(credits.session);
      const hold = await credits.admit({ completion, targets: [credit(acme)], amount: dollars(1) });
      await hold.end(null);
      expect(hold.extend(1n)).toBe(false);
      await expect(hold.end(null)).rejects.toThrow('a hold ends once');
    });

    test('§24 a thousand completions at once are charged one by one, exactly', async () => {
      const acme = await organization(storage, 1_000);
      const before = BigInt(dollars(await balanceOf(storage, 'provider:prv_1')));
      await Promise.all(Array.from({ length: 1_000 }, () => spend(credits, acme, 1)));
      expect(await accountOf(acme)).toBe('0 0 0');
      const after = BigInt(dollars(await balanceOf(storage, 'provider:prv_1')));
      expect(after - before).toBe(dollars(1_000));
    });
  });
}
