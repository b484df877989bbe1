import type { Storage } from '#storage';

export const completions = 10_000_000;
export const dayMs = 86_400_000;
/** The year ends here. */
export const lastHour = Date.UTC(2026, 0, 1);
const [hours, models, keys] = [365 * 24, 4, 5];

/**
 * The sums by hour and day of a year in which an organization ran ten million completions with five
 * keys on four models, and a tenth of that for another organization: written as they would be after
 * all their postings.
 */
export async function fillUsage(storage: Storage, organizationId: string): Promise<void> {
  const each = Math.ceil(completions / (hours * models * keys));
  for (let from = 0; from < hours; from += 1_000) {
    for (const [owner, some] of [
      [organizationId, keys],
      ['org_of_others', 1],
    ] as const) {
      await storage.query(
        `INSERT INTO rollup (organization_id, hour, api_key_id, membership_id, model_id,
            endpoint_id, provider_id, app, shard, requests, failures, prompt_tokens,
            cached_tokens, completion_tokens, reasoning_tokens, cost, fee, charged)
          SELECT $1, $2::timestamptz - h * interval '1 hour', 'key_' || k, '', 'mdl_' || m,
            'end_' || m, 'prv_1', '', 0, $3::int, 0, 1000, 0, 500, 0, 2000000, 100000, 2100000
          FROM generate_series($4::int, $5::int) h, generate_series(1, $6::int) k,
            generate_series(1, $7::int) m`,
        [
          ...[owner, new Date(lastHour), each, from + 1],
          ...[Math.min(hours, from + 1_000), some, models],
        ],
      );
    }
  }
  await storage.query(`INSERT INTO day_rollup
    SELECT organization_id, date_trunc('day', hour, 'UTC'), api_key_id, membership_id, model_id,
      endpoint_id, provider_id, app, shard, sum(requests), sum(failures), sum(prompt_tokens),
      sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(cost), sum(fee),
      sum(charged), sum(refunded)
    FROM rollup GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`);
  await storage.query('ANALYZE rollup, day_rollup');
}
