import { dayMs, hourMs } from '#kernel';
import { answeredByUsage, type Bind, conditionsOf, idFloor } from './completion-filter.ts';
import type { BoundedUsageQuestion } from './usage-question.ts';

/** No completion runs for longer: its id tells when it began, its usage counts when it ended. */
export const longestRunMs = dayMs;

/** Sums of whole steps of time, UTC. */
interface Sums {
  readonly table: string;
  readonly column: string;
  readonly stepMs: number;
}

const byDay: Sums = { table: 'day_rollup', column: 'day', stepMs: dayMs };
const byHour: Sums = { table: 'rollup', column: 'hour', stepMs: hourMs };

interface Period {
  readonly since: Date;
  readonly until: Date;
}

/** Part of a period, and the sums that it is read from; null: from the completions themselves. */
interface Part extends Period {
  readonly sums: Sums | null;
}

/**
 * The rows that usage is summed up from. Whole days stand in the sums by day, whole hours in those
 * by hour; what begins or ends within an hour, and what sums do not know (a status, a user), is
 * read from the completions themselves.
 */
export function usageSource(question: BoundedUsageQuestion, bind: Bind): string {
  const rows = ({ sums, ...period }: Part) =>
    sums
      ? fromSums({ ...question, ...period }, sums, bind)
      : fromDetails({ ...question, ...period }, bind);
  return partsOf(question, sumsFor(question)).map(rows).join(' UNION ALL ');
}

/** The coarsest first. */
function sumsFor({ filter, groupBy }: BoundedUsageQuestion): readonly Sums[] {
  if (!answeredByUsage(filter)) return [];
  return groupBy.includes('HOUR') ? [byHour] : [byDay, byHour];
}

/** What is whole from the coarsest sums, what is left at both ends from finer ones. */
function partsOf({ since, until }: Period, [sums, ...finer]: readonly Sums[]): Part[] {
  if (!sums) return since < until ? [{ since, until, sums: null }] : [];
  const first = new Date(Math.ceil(since.getTime() / sums.stepMs) * sums.stepMs);
  const last = new Date(Math.floor(until.getTime() / sums.stepMs) * sums.stepMs);
  if (first >= last) return partsOf({ since, until }, finer);
  return [
    { since: first, until: last, sums },
    ...partsOf({ since, until: first }, finer),
    ...partsOf({ since: last, until }, finer),
  ];
}

const dimensions = 'model_id, provider_id, endpoint_id, api_key_id, membership_id, app';

function fromSums(question: BoundedUsageQuestion, { table, column }: Sums, bind: Bind): string {
  return `SELECT ${column} AS hour, ${dimensions}, requests, failures, prompt_tokens, cached_tokens,
      completion_tokens, reasoning_tokens, cost, fee, charged, refunded
    FROM ${table} WHERE organization_id = ${bind(question.organizationId)}
      AND ${column} >= ${bind(question.since)}::timestamptz
      AND ${column} < ${bind(question.until)}::timestamptz
      ${conditionsOf(question.filter, bind)}`;
}

function fromDetails({ since, until, ...question }: BoundedUsageQuestion, bind: Bind): string {
  const begun = new Date(since.getTime() - longestRunMs);
  return `SELECT date_trunc('hour', finished_at, 'UTC') AS hour, ${dimensions}, 1 AS requests,
      CASE WHEN status = 'FAILED' THEN 1 ELSE 0 END AS failures, prompt_tokens, cached_tokens,
      completion_tokens, reasoning_tokens, cost, fee, charged, refunded
    FROM completion WHERE organization_id = ${bind(question.organizationId)}
      AND id >= ${idFloor(begun, bind)}
      AND id < ${idFloor(until, bind)}
      AND finished_at >= ${bind(since)}::timestamptz AND finished_at < ${bind(until)}::timestamptz
      ${conditionsOf(question.filter, bind)}`;
}
