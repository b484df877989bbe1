import { seededRandom } from '#kernel';
import { openRouter } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { flat, market, prefer, request } from '../routing/stand.ts';

/**
 * What it costs to choose among 200 candidates of one model, in microseconds of CPU a request: run
 * with `node test/bench/ordering.ts`. The bar is 50. Every endpoint has been used and measured, so
 * that all have a breaker and figures to look at. The median of batches says what it is on this
 * machine, the least what it is when nothing else runs on its cores.
 */
const candidates = 200;
const batches = 40;
const batch = 250;

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
const used = router.plan(request());
for (const { endpoints } of goods.models) {
  for (const [at, endpoint] of endpoints.entries()) {
    router.report(used, { endpoint }, 'SUCCEEDED');
    router.measured(endpoint, { timeToFirstTokenMs: 100 + at, tokensPerSecond: 50 + at });
  }
}

const wishes = {
  'no wish': {},
  'sort: PRICE': prefer({ sort: 'PRICE' }),
  'sort: LATENCY': prefer({ sort: 'LATENCY' }),
  'ignore: 20 of them': prefer({ ignore: offers.slice(0, 20).map(({ provider }) => provider) }),
} as const;

for (const [wish, preferences] of Object.entries(wishes)) {
  const asked = request(preferences);
  const choose = () => router.attempts(router.route(asked)).next();
  const microsOfBatch = () => {
    const before = process.cpuUsage();
    for (let round = 0; round < batch; round++) choose();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / batch;
  };
  for (let warm = 0; warm < batches; warm++) microsOfBatch();
  const micros = Array.from({ length: batches }, microsOfBatch).sort((a, b) => a - b);
  const [least = 0, median = 0] = [micros[0], micros[batches / 2]];
  process.stdout.write(
    `${wish}: ${median.toFixed(1)} µs of CPU, at the least ${least.toFixed(1)}\n`,
  );
}
router.close();
