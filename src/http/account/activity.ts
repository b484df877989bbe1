import { z } from 'zod';
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
  await rooms.credits.post();
  const apiKeyId = asked.api_key_hash ?? null;
  const rows = await activityRows(rooms, { organizationId: organization.id, apiKeyId, from, to });
  sendJson(exchange.response, 200, { data: rows.map((row) => activityOf(row, rooms)) });
}

interface Asked {
  readonly organizationId: string;
  /** Null: of all keys, and of people. */
  readonly apiKeyId: string | null;
  /** Both midnights in UTC. */
  readonly from: Date;
  readonly to: Date;
}

/** Read from the sums by day; what no endpoint was asked for is none of it. */
export const activityRows = (
  { storage }: Pick<Rooms, 'storage'>,
  { organizationId, apiKeyId, from, to }: Asked,
): Promise<Row[]> =>
  storage.prisma.$queryRaw<Row[]>`
    SELECT to_char(day AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
           endpoint_id AS "endpointId",
           SUM(charged - refunded)::bigint AS charged,
           SUM(own_cost)::bigint AS own,
           SUM(requests)::bigint AS requests,
           SUM(prompt_tokens)::bigint AS "promptTokens",
           SUM(completion_tokens)::bigint AS "completionTokens",
           SUM(reasoning_tokens)::bigint AS "reasoningTokens"
    FROM day_rollup
    WHERE organization_id = ${organizationId} AND endpoint_id <> ''
      AND (${apiKeyId}::text IS NULL OR api_key_id = ${apiKeyId}::text)
      AND day >= ${from}::timestamptz AND day < ${to}::timestamptz
    GROUP BY 1, 2
    ORDER BY 1 DESC, 2`;

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
