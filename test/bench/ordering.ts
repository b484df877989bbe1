import { seededRandom, systemClock } from '#kernel';
import { openRouter } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { flat, market, prefer, request } from '../routing/stand.ts';

/**
 * What it costs to order 200 candidates of one model, in microseconds of CPU a request: run with
 * `node test/bench/ordering.ts`. The bar is 50.
 */
const candidates = 200;
const rounds = 5_000;

const offers = Array.from({ length: candidates }, (_, at) => ({
  provider: `provider-${at}`,
  pricing: flat(1 + (at % 17)),
}));
const goods = market({ 'acme/one': offers });
const router = openRouter({
  clock: virtualClock(),
  random: seededRandom('ordering'),
  market: () => goods,
});
for (const { endpoints } of goods.models) {
  for (const [at, endpoint] of endpoints.entries()) {
    router.measured(endpoint, { timeToFirstTokenMs: 100 + at, tokensPerSecond: 50 + at });
  }
}

const wishes = {
  'no wish': {},
  'sort: PRICE': prefer({ sort: 'PRICE' }),
  'sort: LATENCY': prefer({ sort: 'LATENCY' }),
} as const;

for (const [wish, preferences] of Object.entries(wishes)) {
  const asked = request(preferences);
  for (let round = 0; round < rounds / 10; round++) router.route(asked);
  const before = process.cpuUsage();
  const startedMs = systemClock.monotonic();
  for (let round = 0; round < rounds; round++) router.route(asked);
  const { user, system } = process.cpuUsage(before);
  const micros = (user + system) / rounds;
  const wall = ((systemClock.monotonic() - startedMs) * 1_000) / rounds;
  process.stdout.write(`${wish}: ${micros.toFixed(1)} µs of CPU, ${wall.toFixed(1)} µs\n`);
}
router.close();
