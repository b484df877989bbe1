import { expect, test } from 'vitest';
import type { UsageGroup } from '#credits';
import { readUsage } from '../../src/credits/usage/usage.ts';
import { dayMs, fillUsage, lastHour } from '../bench/usage-fill.ts';
import { freshDatabase } from '../harness/databases.ts';
import { organization } from './node.ts';

/** A month by model, a day by key and hour: what pages ask for. */
const questions: readonly (readonly [number, readonly UsageGroup[]])[] = [
  [31, ['MODEL']],
  [1, ['API_KEY', 'HOUR']],
];

test('among ten million completions usage is found by its index', async () => {
  const storage = await freshDatabase('server');
  const organizationId = await organization(storage, 0);
  await fillUsage(storage, organizationId);
  const plans: string[] = [];
  const explain = {
    async query<T extends object>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
      const rows = await storage.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, parameters);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return [];
    },
  };
  for (const [days, groupBy] of questions) {
    const time = { since: new Date(lastHour - days * dayMs), until: new Date(lastHour) };
    const question = { organizationId, ...time, groupBy, filter: {}, orderBy: 'CHARGED' } as const;
    await readUsage(explain, question, { beyond: null, backward: false, take: 100 });
  }
  expect(plans).toHaveLength(questions.length);
  for (const plan of plans) {
    expect(plan).toMatch(/(Index|Bitmap Index|Index Only) Scan (using|on) (day_)?rollup/);
    expect(plan).not.toMatch(/Seq Scan on (day_)?rollup/);
  }
  await storage.close();
}, 120_000);
