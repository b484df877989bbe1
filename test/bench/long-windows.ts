import { silentLog, systemClock } from '#kernel';
import { Figures, openMetrics, rank } from '#metrics';
import { freshDatabase } from '../harness/databases.ts';
import { sample } from '../metrics/sample-maker.ts';
import { percentile } from './figures.ts';
import { pause } from './load.ts';

/**
 * What a month of a thousand endpoints costs to read, in milliseconds: run it with
 * `node test/bench/long-windows.ts` where a PostgreSQL server is at hand. The bar is 50. Every
 * endpoint has a row for each hour and day of 60 days; minute rows of all that time has the one
 * whose history is read, since a history reads its own rows alone. Then all endpoints have traffic
 * that is still in memory, an hour is over, and rankings are asked for while the node reads its
 * hours anew.
 */
const endpoints = 1_000;
const days = 60;
const rounds = 5;
const hourMs = 3_600_000;
/** The next minute of the node begins within it. */
const turningMs = 75_000;

const figures = new Figures();
for (let index = 0; index < 50; index++) {
  const timeToFirstTokenMs = 100 * 1.1 ** (index % 40);
  figures.add(sample({ timeToFirstTokenMs, durationMs: timeToFirstTokenMs + 900 }));
}

const storage = await freshDatabase('server');

/** A few days at a time: no statement may take long. */
async function fill(step: keyof typeof perDay, unit: string, subjects: string): Promise<void> {
  for (let day = 0; day < days; day++) {
    await storage.query(
      `INSERT INTO metrics_row (step, subject, at, session, figures)
       SELECT $1::"MetricsStep", subject, date_trunc('${unit}', now()) - n * interval '1 ${unit}',
         1, $2::jsonb
       FROM (${subjects}) s, generate_series($3::int, $4::int) n`,
      [step, JSON.stringify(figures), day * perDay[step], (day + 1) * perDay[step] - 1],
    );
  }
}

const perDay = { DAY: 1, HOUR: 24, MINUTE: 1_440 } as const;

const all = `SELECT 'end_' || n AS subject FROM generate_series(1, ${endpoints}) n`;
console.log(`Writing ${endpoints * days * 25 + days * 1_440} rows …`);
await fill('DAY', 'day', all);
await fill('HOUR', 'hour', all);
await fill('MINUTE', 'minute', "SELECT 'end_1' AS subject");
await storage.query('ANALYZE metrics_row');

/** In the middle of an hour. */
let aheadMs = hourMs / 2 - (systemClock.now() % hourMs);
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
const room = { storage, clock, log: silentLog, source: 2, publish: () => {} };
const opened = performance.now();
const metrics = await openMetrics(room);
await metrics.warmed();
console.log(`warm after ${((performance.now() - opened) / 1_000).toFixed(1)} s`);
const contenders = Array.from({ length: endpoints }, (_, index) => ({
  key: index,
  subjects: [`end_${index + 1}`],
}));
const ranking = { by: 'TOKENS', first: 20, floor: 1 } as const;

const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[rounds >> 1] ?? 0;

async function timed(name: string, run: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  const [first = 0, ...others] = times;
  console.log(
    `${name.padEnd(32)} first ${first.toFixed(1)} ms, then ${median(others).toFixed(1)} ms`,
  );
}

for (const window of ['ONE_DAY', 'ONE_WEEK', 'ONE_MONTH'] as const) {
  await timed(`metricsHistory ${window}`, () => metrics.history(['end_1'], window));
}
for (const window of ['ONE_DAY', 'ONE_WEEK', 'ONE_MONTH'] as const) {
  await timed(`rankings ${window}`, () => rank(metrics, contenders, { ...ranking, window }));
}

const live = () => {
  for (let n = 1; n <= endpoints; n++) {
    metrics.record(sample({ endpointId: `end_${n}`, at: clock.now() }));
  }
};
live();
for (const window of ['ONE_DAY', 'ONE_WEEK', 'ONE_MONTH'] as const) {
  await timed(`rankings ${window}, all live`, () =>
    rank(metrics, contenders, { ...ranking, window }),
  );
}

aheadMs += hourMs;
const turned = performance.now();
const times: number[] = [];
while (performance.now() - turned < turningMs) {
  for (const window of ['ONE_DAY', 'ONE_WEEK', 'ONE_MONTH'] as const) {
    const started = performance.now();
    await rank(metrics, contenders, { ...ranking, window });
    times.push(performance.now() - started);
  }
  await pause(300);
}
const [p50, p99, most] = [percentile(times, 50), percentile(times, 99), Math.max(...times)];
console.log(
  `rankings after an hour: ${times.length}, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
    `at most ${most.toFixed(1)} ms`,
);
await metrics.close();
await storage.close();
