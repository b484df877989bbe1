-- What own provider keys were billed for stands in the sums by hour and by day: it stays when the details of completions
-- go, and what a key or an organization used is read without them.

-- AlterTable
ALTER TABLE "rollup" ADD COLUMN     "own_cost" DECIMAL(38,0) NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "day_rollup" ADD COLUMN     "own_cost" DECIMAL(38,0) NOT NULL DEFAULT 0;

-- Of what went with its details nothing is known.
UPDATE rollup r SET own_cost = c.own_cost FROM (
    SELECT organization_id, date_trunc('hour', finished_at, 'UTC') AS hour, coalesce(api_key_id, '') AS api_key_id,
      coalesce(membership_id, '') AS membership_id, coalesce(model_id, '') AS model_id,
      coalesce(endpoint_id, '') AS endpoint_id, coalesce(provider_id, '') AS provider_id, coalesce(app, '') AS app,
      session % 16 AS shard, sum(upstream_cost) AS own_cost
    FROM completion WHERE own_provider_key AND upstream_cost > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ) c
  WHERE r.organization_id = c.organization_id AND r.hour = c.hour AND r.api_key_id = c.api_key_id
    AND r.membership_id = c.membership_id AND r.model_id = c.model_id AND r.endpoint_id = c.endpoint_id
    AND r.provider_id = c.provider_id AND r.app = c.app AND r.shard = c.shard;

UPDATE day_rollup r SET own_cost = c.own_cost FROM (
    SELECT organization_id, date_trunc('day', hour, 'UTC') AS day, api_key_id, membership_id, model_id, endpoint_id,
      provider_id, app, shard, sum(own_cost) AS own_cost
    FROM rollup WHERE own_cost > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ) c
  WHERE r.organization_id = c.organization_id AND r.day = c.day AND r.api_key_id = c.api_key_id
    AND r.membership_id = c.membership_id AND r.model_id = c.model_id AND r.endpoint_id = c.endpoint_id
    AND r.provider_id = c.provider_id AND r.app = c.app AND r.shard = c.shard;

-- It served to sum up the details.
DROP INDEX "completion_own_provider_key";

-- Usage by hour and by day. Two nodes write different rows: the shard is the session's. Writers of one organization's
-- rows hold the lock of its account, so that the order in which they write them is of no account.
CREATE OR REPLACE FUNCTION rollup_add(p_session int, p_completions completion[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH ended AS (
    SELECT organization_id, date_trunc('hour', finished_at, 'UTC') AS hour, coalesce(api_key_id, '') AS api_key_id,
      coalesce(membership_id, '') AS membership_id, coalesce(model_id, '') AS model_id,
      coalesce(endpoint_id, '') AS endpoint_id, coalesce(provider_id, '') AS provider_id, coalesce(app, '') AS app,
      p_session % 16 AS shard, count(*) AS requests, count(*) FILTER (WHERE status = 'FAILED') AS failures,
      sum(prompt_tokens) AS prompt_tokens, sum(cached_tokens) AS cached_tokens,
      sum(completion_tokens) AS completion_tokens, sum(reasoning_tokens) AS reasoning_tokens, sum(cost) AS cost,
      sum(fee) AS fee, sum(charged) AS charged,
      coalesce(sum(upstream_cost) FILTER (WHERE own_provider_key), 0) AS own_cost
    FROM unnest(p_completions) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  ), by_hour AS (
    INSERT INTO rollup AS r (organization_id, hour, api_key_id, membership_id, model_id, endpoint_id, provider_id, app,
        shard, requests, failures, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, fee, charged,
        own_cost)
      SELECT * FROM ended
    ON CONFLICT (organization_id, hour, api_key_id, membership_id, model_id, endpoint_id, provider_id, app, shard)
    DO UPDATE SET requests = r.requests + EXCLUDED.requests, failures = r.failures + EXCLUDED.failures,
      prompt_tokens = r.prompt_tokens + EXCLUDED.prompt_tokens,
      cached_tokens = r.cached_tokens + EXCLUDED.cached_tokens,
      completion_tokens = r.completion_tokens + EXCLUDED.completion_tokens,
      reasoning_tokens = r.reasoning_tokens + EXCLUDED.reasoning_tokens, cost = r.cost + EXCLUDED.cost,
      fee = r.fee + EXCLUDED.fee, charged = r.charged + EXCLUDED.charged,
      own_cost = r.own_cost + EXCLUDED.own_cost
  )
  INSERT INTO day_rollup AS r (organization_id, day, api_key_id, membership_id, model_id, endpoint_id, provider_id, app,
      shard, requests, failures, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, fee, charged,
      own_cost)
    SELECT organization_id, date_trunc('day', hour, 'UTC'), api_key_id, membership_id, model_id, endpoint_id,
      provider_id, app, shard, sum(requests), sum(failures), sum(prompt_tokens), sum(cached_tokens),
      sum(completion_tokens), sum(reasoning_tokens), sum(cost), sum(fee), sum(charged), sum(own_cost)
    FROM ended GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (organization_id, day, api_key_id, membership_id, model_id, endpoint_id, provider_id, app, shard)
  DO UPDATE SET requests = r.requests + EXCLUDED.requests, failures = r.failures + EXCLUDED.failures,
    prompt_tokens = r.prompt_tokens + EXCLUDED.prompt_tokens, cached_tokens = r.cached_tokens + EXCLUDED.cached_tokens,
    completion_tokens = r.completion_tokens + EXCLUDED.completion_tokens,
    reasoning_tokens = r.reasoning_tokens + EXCLUDED.reasoning_tokens, cost = r.cost + EXCLUDED.cost,
    fee = r.fee + EXCLUDED.fee, charged = r.charged + EXCLUDED.charged,
    own_cost = r.own_cost + EXCLUDED.own_cost;
END $$;
