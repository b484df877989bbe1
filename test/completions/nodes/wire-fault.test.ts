import { expect, it } from 'vitest';
import { fromBytes, toBytes } from '../../../src/completions/nodes/wire.ts';
import { faultFromWire, faultToWire } from '../../../src/completions/nodes/wire-fault.ts';
import { InsufficientCredits } from '../../../src/credits/index.ts';
import { Fault, InvalidInput } from '../../../src/kernel/index.ts';
import { RateLimited } from '../../../src/limits/index.ts';
import { NoEndpointAvailable, type Rejection } from '../../../src/routing/index.ts';
import { stand } from '../stand.ts';

const market = stand({}).rooms.market();
const [model] = market.models;
const rejections = (model?.endpoints ?? []).map((endpoint): Rejection => {
  const reason = 'It is not in `only`.';
  return { endpoint, code: 'NOT_IN_ONLY', setting: 'input.provider.only', reason, retryAfterMs: 5 };
});
const shortage = { required: 5n, available: 3n, affordableMaxTokens: 7, owed: 0n };

const elsewhere = (fault: Fault) =>
  faultFromWire(fromBytes(toBytes(faultToWire(fault))) as ReturnType<typeof faultToWire>, market);

it.each([
  new NoEndpointAvailable(model ? [model] : [], rejections),
  new InsufficientCredits({ ...shortage, allowance: 'MEMBER', resetsAt: new Date(0) }),
  new RateLimited('API_KEY', { limit: 60, retryAfterMs: 1_500 }),
  InvalidInput.at('input.model', 'It is missing.'),
  new Fault('UPSTREAM_FAILED', { public: 'It broke off.', retryAfterMs: 10 }),
])('another node tells every particular of %s', (fault) => {
  expect(rejections.length).toBeGreaterThan(0);
  const told = elsewhere(fault);
  expect(told).toBeInstanceOf(fault.constructor);
  const { internal: _, ...particulars } = fault; // what is not its own stays at its node
  expect(told).toMatchObject(particulars);
});

it('an endpoint that is gone there by now is left out', () => {
  const [one] = rejections;
  if (!model || !one) throw new TypeError('the market is empty');
  const gone = { ...one, endpoint: { ...one.endpoint, id: 'end_gone' } };
  expect(elsewhere(new NoEndpointAvailable([model], [gone, one]))).toMatchObject({
    rejections: [one],
  });
});
