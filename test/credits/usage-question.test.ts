import { expect, it } from 'vitest';
import { InvalidInput } from '#kernel';
import { checkUsageQuestion } from '../../src/credits/usage/usage.ts';
import type { UsageGroup } from '../../src/credits/usage/usage-question.ts';

const now = Date.parse('2026-11-27T12:00:00Z');

function pathRefused(since: string, until: string | null, groupBy: readonly UsageGroup[]) {
  const question = { organizationId: 'org_a', filter: {}, orderBy: 'CHARGED', groupBy } as const;
  const [from, to] = [new Date(since), until === null ? null : new Date(until)];
  try {
    checkUsageQuestion({ ...question, since: from, until: to }, now);
    return null;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(InvalidInput);
    return (thrown as InvalidInput).issues.map(({ path }) => path).join();
  }
}

it.each([
  ['2026-11-28T00:00:00Z', null, ['MODEL'], 'since'],
  ['2026-11-27T12:00:00.001Z', null, ['MODEL'], 'since'],
  ['2026-11-27T12:00:00Z', null, ['MODEL'], null],
  ['2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z', ['MODEL'], null],
  ['2026-11-27T00:00:00Z', null, ['MODEL'], null],
  ['2026-11-27T00:00:00Z', '2026-11-27T00:00:00Z', ['MODEL'], 'until'],
  ['2026-11-27T00:00:00Z', '2026-11-26T00:00:00Z', ['MODEL'], 'until'],
  ['2025-11-27T00:00:00Z', '2026-11-28T00:00:00Z', ['DAY'], null],
  ['2025-11-26T23:59:59Z', '2026-11-28T00:00:00Z', ['DAY'], 'since'],
  ['2026-10-28T00:00:00Z', '2026-11-28T00:00:00Z', ['MODEL', 'HOUR'], null],
  ['2026-10-27T23:59:59Z', '2026-11-28T00:00:00Z', ['MODEL', 'HOUR'], 'since'],
  ['2026-11-01T00:00:00Z', null, [], 'groupBy'],
] as const)(
  'usage from %s to %s by %j: what was given and is wrong is %s',
  (since, until, by, path) => {
    expect(pathRefused(since, until, by)).toBe(path);
  },
);
