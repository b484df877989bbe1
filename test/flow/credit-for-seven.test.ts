import { afterAll, beforeAll, expect, it } from 'vitest';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';
import { allAtOnce, expectSpent, offerOfOneDollar } from './credit-suite.ts';

let app: WholeApp;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp({ settings: { PLATFORM_FEE_RATE: '0' } });
  await offerOfOneDollar(app, upstream);
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

it('of 500 at once on credit for 7, exactly 7 are admitted', { timeout: 180_000 }, async () => {
  const acme = await customer(app, '7');
  expect(await allAtOnce(500, [acme], upstream)).toEqual({ answered: 7, refused: 493 });
  expect(upstream.requests.length).toBe(7);
  await expectSpent(acme, 7, '7');
  expect(await app.audit()).toEqual([]);
});
