import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Credits } from '#credits';
import { silentLog } from '#kernel';
import type { Storage } from '#storage';
import { tidyMonths } from '../../src/credits/usage/completion-months.ts';
import { spendingOf } from '../../src/http/account/spending.ts';
import {
  credit,
  dollars,
  newCompletion,
  openNode,
  organization,
  recordOf,
} from '../credits/node.ts';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

/** A Wednesday, and the last day of its month. */
const nowMs = Date.UTC(2029, 1, 28, 12);
let storage: Storage;
let credits: Credits;
let acme: string;

beforeAll(async () => {
  storage = await freshDatabase('embedded');
  credits = await openNode(storage);
  acme = await organization(storage, 100);
}, 120_000);
afterAll(async () => {
  await credits.close();
  await storage.close();
});

/** So many dollars by a key, ended at a moment; by a provider key of its own, only its bill. */
async function spent(apiKeyId: string, [at, tokens]: [string, number], own = 0): Promise<void> {
  const clock = virtualClock(Date.parse(at));
  const completion = newCompletion(credits.session, clock);
  const targets = [credit(acme)];
  const hold = await credits.admit({ completion, targets, amount: dollars(tokens) });
  const bill = own ? { ownProviderKey: true, upstreamCost: dollars(own) } : {};
  const times = { createdAt: at, finishedAt: at };
  await hold.end(recordOf(completion, acme, tokens, { apiKeyId, ...times, ...bill }));
}

const spending = async (apiKeyId: string) => {
  const rooms = { storage, credits: { post: () => credits.flush() }, clock: virtualClock(nowMs) };
  const { own, ...charged } = (await spendingOf([apiKeyId, 'key_other'], rooms))(apiKeyId);
  const inDollars = (sums: typeof own) =>
    Object.values(sums).map((amount) => Number(amount / dollars(1)));
  return { charged: inDollars(charged), own: inDollars(own) };
};

test('a key is told what it spent ever, today, since Monday and since the first', async () => {
  expect(await spending('key_a')).toEqual({ charged: [0, 0, 0, 0], own: [0, 0, 0, 0] });
  await spent('key_a', ['2029-01-31T23:59:59.999Z', 1]);
  await spent('key_a', ['2029-02-01T00:00:00.000Z', 2]);
  await spent('key_a', ['2029-02-25T23:59:59.999Z', 3]);
  await spent('key_a', ['2029-02-26T00:00:00.000Z', 4]);
  await spent('key_a', ['2029-02-28T00:00:00.000Z', 5], 7);
  await spent('key_other', ['2029-02-28T00:00:00.000Z', 6]);
  expect(await spending('key_a')).toEqual({ charged: [15, 5, 9, 14], own: [7, 7, 7, 7] });
});

test('what it spent ever stays when the details of its completions go', async () => {
  await spent('key_old', ['2020-01-15T12:00:00.000Z', 3], 2);
  await credits.flush(); // it is in the ledger, not only on its way there
  await tidyMonths({ storage, clock: virtualClock(nowMs), log: silentLog });
  const kept = `SELECT FROM completion WHERE api_key_id = 'key_old'`;
  expect(await storage.query(kept)).toEqual([]);
  expect(await spending('key_old')).toEqual({ charged: [3, 0, 0, 0], own: [2, 0, 0, 0] });
});
