import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fault, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import type { CheckoutPage, Payments } from '../../src/credits/payments/payments.ts';
import { openPurchases } from '../../src/credits/payments/purchases.ts';
import { freshDatabase } from '../harness/databases.ts';
import { dollars, organization } from './node.ts';

let storage: Storage;
beforeAll(async () => {
  storage = await freshDatabase('embedded');
}, 90_000);
afterAll(() => storage.close());

/** Each page is asked for, and opened or refused when the test says so. */
function askedFor() {
  const pages: PromiseWithResolvers<CheckoutPage>[] = [];
  let told = Promise.withResolvers<void>();
  const checkout = () => {
    const page = Promise.withResolvers<CheckoutPage>();
    pages.push(page);
    told.resolve();
    return page.promise;
  };
  const never = () => new Promise<never>(() => undefined);
  const payments: Payments = {
    checkout,
    charge: never,
    look: never,
    news: never,
    payment: never,
  };
  const purchases = openPurchases({
    storage,
    payments,
    clock: systemClock,
    log: silentLog,
    returnOrigins: () => ['https://bourse.test'],
    changed: () => undefined,
    recall: () => undefined,
  });
  return {
    purchases,
    /** The next one that is asked for. */
    async next() {
      await told.promise;
      told = Promise.withResolvers();
      return pages.at(-1) as PromiseWithResolvers<CheckoutPage>;
    },
  };
}

test('of two who ask for one page at once, the one without it spoils it for nobody', async () => {
  const organizationId = await organization(storage, 0);
  const { purchases, next } = askedFor();
  const returnUrl = 'https://bourse.test/credits';
  const wish = { organizationId, amount: dollars(20), returnUrl, actor: 'usr_1' };
  const one = purchases.purchase({ ...wish, idempotencyKey: 'once' });
  const first = await next();
  const other = purchases.purchase({ ...wish, idempotencyKey: 'once' });
  (await next()).reject(new Fault('UNAVAILABLE', { public: 'Not now.' }));
  await expect(other).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  first.resolve({ session: 'cs_1', url: 'https://pay.test/1' });
  const { purchaseId, checkoutUrl } = await one;
  expect(checkoutUrl).toBe('https://pay.test/1');
  const sql = 'SELECT status, failure FROM purchase WHERE organization_id = $1';
  expect(await storage.query(sql, [organizationId])).toEqual([{ status: 'OPEN', failure: null }]);
  expect(purchaseId).toMatch(/^pur_/);
});
