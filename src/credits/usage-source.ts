import { answeredByUsage, type Bind, conditionsOf } from './completion-filter.ts';
import type { UsageQuestion } from './usage-question.ts';

const hourMs = 3_600_000;
/** No completion runs for longer: its id tells when it began, its usage counts when it ended. */
const longestRunMs = 24 * hourMs;

/**
 * The rows that usage is summed up from. Full hours stand in the rollup; what begins or ends within
 * an hour, and what the rollup does not know (a status, a user), is read from the completions
 * themselves.
 */
export function usageSource(question: UsageQuestion, bind: Bind): string {
  const { since, until, filter } = question;
  if (!answeredByUsage(filter)) return fromDetails(question, { since, until }, bind);
  const first = new Date(Math.ceil(since.getTime() / hourMs) * hourMs);
  const last = new Date(Math.floor(until.getTime() / hourMs) * hourMs);
  if (first > last) return fromDetails(question, { since, until }, bind);
  return [
    fromRollup(question, { since: first, until: last }, bind),
    ...(since < first ? [fromDetails(question, { since, until: first }, bind)] : []),
    ...(last < until ? [fromDetails(question, { since: last, until }, bind)] : []),
  ].join(' UNION ALL ');
}

interface Period {
  readonly since: Date;
  readonly until: Date;
}

const dimensions = 'model_id, provider_id, endpoint_id, api_key_id, membership_id, app';

function fromRollup(question: UsageQuestion, { since, until }: Period, bind: Bind): string {
  return `SELECT hour, ${dimensions}, requests, failures, prompt_tokens, cached_tokens,
      completion_tokens, reasoning_tokens, cost, fee, charged, refunded
    FROM rollup WHERE organization_id = ${bind(question.organizationId)}
      AND hour >= ${bind(since)}::timestamptz AND hour < ${bind(until)}::timestamptz
      ${conditionsOf(question.filter, bind)}`;
}

function fromDetails(question: UsageQuestion, { since, until }: Period, bind: Bind): string {
  const begun = new Date(since.getTime() - longestRunMs);
  return `SELECT date_trunc('hour', finished_at, 'UTC') AS hour, ${dimensions}, 1 AS requests,
      CASE WHEN status = 'FAILED' THEN 1 ELSE 0 END AS failures, prompt_tokens, cached_tokens,
      completion_tokens, reasoning_tokens, cost, fee, charged, refunded
    FROM completion WHERE organization_id = ${bind(question.organizationId)}
      AND id >= completion_id_floor(${bind(begun)}::timestamptz)
      AND id < completion_id_floor(${bind(until)}::timestamptz)
      AND finished_at >= ${bind(since)}::timestamptz AND finished_at < ${bind(until)}::timestamptz
      ${conditionsOf(question.filter, bind)}`;
}
