import type { UsageQuestion } from '#credits';
import type { Storage } from '#storage';
import { readUsage } from '../../src/credits/usage/usage.ts';
import { openNode, organization, spend } from '../credits/node.ts';
import { freshDatabase } from '../harness/databases.ts';
import { compare, type Line, median, rounded } from './figures.ts';
import type { Row } from './rows.ts';
import type { Database } from './stage.ts';
import { completions, dayMs, fillUsage, lastHour } from './usage-fill.ts';

const names: Record<Database, string> = { server: 'PostgreSQL', embedded: 'embedded' };
const rounds = 5;

async function within<T>(database: Database, use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await freshDatabase(database);
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}

const questions: readonly [string, Pick<UsageQuestion, 'groupBy'>, number][] = [
  ['a year by model', { groupBy: ['MODEL'] }, 365],
  ['a year by day', { groupBy: ['DAY'] }, 365],
  ['a month by key and hour', { groupBy: ['API_KEY', 'HOUR'] }, 31],
];

/** What an organization with ten million completions waits for its usage. */
export const usageRow: Row = {
  name: 'usage',
  async run(stage) {
    const lines: Line[] = [];
    for (const database of stage.databases) {
      const figures = await within(database, usageTimes);
      for (const [what, ms] of figures) {
        lines.push({
          row: this.name,
          what: `usage of ${completions / 1_000_000} million, ${what}, ${names[database]}`,
          figure: `${rounded(ms)} ms`,
          reference: '',
          ratio: '',
          bar: { kind: 'at most', value: 200, unit: 'ms' },
          measured: ms,
        });
      }
    }
    return lines;
  },
};

async function usageTimes(storage: Storage): Promise<[string, number][]> {
  const organizationId = await organization(storage, 0);
  await fillUsage(storage, organizationId);
  const found: [string, number][] = [];
  for (const [what, given, days] of questions) {
    const since = new Date(lastHour - days * dayMs);
    const time = { since, until: new Date(lastHour) };
    const question = { organizationId, ...time, filter: {}, orderBy: 'CHARGED', ...given } as const;
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const begun = performance.now();
      await readUsage(storage, question, { beyond: null, backward: false, take: 100 });
      times.push(performance.now() - begun);
    }
    found.push([what, median(times.slice(1))]);
  }
  return found;
}

const inFlight = 64;
const spends = 3_000;

/** One organization at full speed against a hundred: no convoy behind its row. */
export const hotOrganizationRow: Row = {
  name: 'hot-organization',
  async run(stage) {
    const lines: Line[] = [];
    for (const database of stage.databases) {
      const pairs = await within(database, spendingRates);
      const { figure, reference, ratio, ratioMin, ratioMax } = compare(pairs);
      lines.push({
        row: this.name,
        what: `completions charged to one organization, against 100, ${names[database]}`,
        figure: `${rounded(figure)} /s`,
        reference: `${rounded(reference)} /s`,
        ratio: `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)})`,
        bar: { kind: 'at least', value: 0.8, unit: '×' },
        measured: ratio,
      });
    }
    return lines;
  },
};

async function spendingRates(storage: Storage) {
  const hundred: string[] = [];
  for (let n = 0; n < 100; n++) hundred.push(await organization(storage, 1_000_000));
  const credits = await openNode(storage);
  const rate = async (organizations: readonly string[]) => {
    const begun = performance.now();
    const worker = async (first: number) => {
      for (let n = first; n < spends; n += inFlight) {
        await spend(credits, organizations[n % organizations.length] ?? '', 1);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, (_, first) => worker(first)));
    await credits.flush();
    return spends / ((performance.now() - begun) / 1_000);
  };
  await rate(hundred);
  const pairs: { figure: number; reference: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const reference = await rate(hundred);
    pairs.push({ reference, figure: await rate(hundred.slice(0, 1)) });
  }
  await credits.close();
  return pairs;
}
