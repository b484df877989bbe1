import { z } from 'zod';
import { longestRunMs } from '#credits';
import { idIssues, refuseIfAny } from '#identity';
import { dollarsOf } from '#kernel';
import type { ActivityRow, Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { callerOf } from '../rest/caller.ts';
import { inShape } from '../rest/shape.ts';
import { activityWindow } from './activity-window.ts';
import { organizationOf, organizationQuery } from './organization.ts';

interface Row {
  readonly day: string;
  readonly endpointId: string;
  readonly charged: bigint;
  readonly own: bigint;
  readonly requests: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly reasoningTokens: bigint;
}

const activityQuery = z.strictObject({
  date: z.string().optional(),
  api_key_hash: z.string().optional(),
  ...organizationQuery,
});

/**
 * `GET …/activity`: the last 30 whole days (UTC), by day and endpoint; one day with `date`, one key
 * with `api_key_hash`. A completion belongs to the day on which it ended, as in `usage`.
 */
export async function answerActivity(exchange: Exchange, rooms: Rooms): Promise<void> {
  const organization = await organizationOf(rooms, {
    principal: await callerOf(exchange, rooms),
    url: exchange.url,
    anyOf: ['COMPLETIONS_READ', 'CREDITS_READ'],
    instead: 'GET /v1/key tells what this key has spent.',
  });
  const asked = inShape(activityQuery, Object.fromEntries(exchange.url.searchParams), 'query');
  const { from, to } = activityWindow(asked.date, rooms.clock.now());
  refuseIfAny(idIssues('apiKey', 'api_key_hash', asked.api_key_hash));
  const begun = new Date(from.getTime() - longestRunMs);
  const apiKeyId = asked.api_key_hash ?? null;
  await rooms.credits.post();
  const rows = await rooms.storage.prisma.$queryRaw<Row[]>`
    SELECT to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
           endpoint_id AS "endpointId",
           SUM(charged - refunded)::bigint AS charged,
           COALESCE(SUM(upstream_cost) FILTER (WHERE own_provider_key), 0)::bigint AS own,
           COUNT(*) AS requests,
           SUM(prompt_tokens) AS "promptTokens",
           SUM(completion_tokens) AS "completionTokens",
           SUM(reasoning_tokens) AS "reasoningTokens"
    FROM completion
    WHERE organization_id = ${organization.id} AND endpoint_id IS NOT NULL
      AND (${apiKeyId}::text IS NULL OR api_key_id = ${apiKeyId}::text)
      AND id >= completion_id_floor(${begun}::timestamptz)
      AND id < completion_id_floor(${to}::timestamptz)
      AND finished_at >= ${from}::timestamptz AND finished_at < ${to}::timestamptz
    GROUP BY 1, 2
    ORDER BY 1 DESC, 2`;
  sendJson(exchange.response, 200, { data: rows.map((row) => activityOf(row, rooms)) });
}

function activityOf(row: Row, { catalog }: Rooms): ActivityRow {
  const endpoint = catalog.market().endpoint(row.endpointId);
  const model = endpoint?.model.slug ?? '';
  return {
    date: row.day,
    model,
    model_permaslug: model,
    endpoint_id: row.endpointId,
    provider_name: endpoint?.provider.name ?? '',
    usage: dollarsOf(row.charged),
    byok_usage_inference: dollarsOf(row.own),
    requests: Number(row.requests),
    prompt_tokens: Number(row.promptTokens),
    completion_tokens: Number(row.completionTokens),
    reasoning_tokens: Number(row.reasoningTokens),
  };
}
