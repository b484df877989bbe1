-- Usage by day beside usage by hour: a year of ten million completions is then read from days, a twenty-fourth of the
-- rows. Both are written by one statement of the posting and lowered by one of the refund, so neither is ever ahead.

-- CreateTable
CREATE TABLE "day_rollup" (
    "organization_id" TEXT NOT NULL,
    "day" TIMESTAMPTZ(3) NOT NULL,
    "api_key_id" TEXT NOT NULL,
    "membership_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "app" TEXT NOT NULL,
    "shard" INTEGER NOT NULL,
    "requests" BIGINT NOT NULL DEFAULT 0,
    "failures" BIGINT NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "cached_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,
    "reasoning_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "fee" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "charged" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "refunded" DECIMAL(38,0) NOT NULL DEFAULT 0,

    CONSTRAINT "day_rollup_pkey" PRIMARY KEY ("organization_id","day","api_key_id","membership_id","model_id","endpoint_id","provider_id","app","shard")
);

-- As "rollup": rows that change all the time leave room on their page.
ALTER TABLE "day_rollup" SET (fillfactor = 70);

INSERT INTO day_rollup
  SELECT organization_id, date_trunc('day', hour, 'UTC'), api_key_id, membership_id, model_id, endpoint_id, provider_id,
    app, shard, sum(requests), sum(failures), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens),
    sum(reasoning_tokens), sum(cost), sum(fee), sum(charged), sum(refunded)
  FROM rollup GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

-- Usage by hour and by day. Two nodes write different rows: the shard is the session's. Writers of one organization's
-- rows hold the lock of its account, so that the order in which they write them is of no account.
CREATE OR REPLACE FUNCTION rollup_add(p_session int, p_completions text[]) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (
    SELECT organization_id, date_trunc('hour', finished_at, 'UTC') AS hour, coalesce(api_key_id, '') AS api_key_id,
      coalesce(membership_id, '') AS membership_id, coalesce(model_id, '') AS model_id,
      coalesce(endpoint_id, '') AS endpoint_id, coalesce(provider_id, '') AS provider_id, coalesce(app, '') AS app,
      p_session % 16 AS shard, count(*) AS requests, count(*) FILTER (WHERE status = 'FAILED') AS failures,
      sum(prompt_tokens) AS prompt_tokens, sum(cached_tokens) AS cached_tokens,
      sum(completion_tokens) AS completion_tokens, sum(reasoning_tokens) AS reasoning_tokens, sum(cost) AS cost,
      sum(fee) AS fee, sum(charged) AS charged
    FROM completion WHERE id = ANY (p_completions) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  ), by_hour AS (
    INSERT INTO rollup AS r (organization_id, hour, api_key_id, membership_id, model_id, endpoint_id, provider_id, app,
        shard, requests, failures, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, fee, charged)
      SELECT * FROM ended
    ON CONFLICT (organization_id, hour, api_key_id, membership_id, model_id, endpoint_id, provider_id, app, shard)
    DO UPDATE SET requests = r.requests + EXCLUDED.requests, failures = r.failures + EXCLUDED.failures,
      prompt_tokens = r.prompt_tokens + EXCLUDED.prompt_tokens,
      cached_tokens = r.cached_tokens + EXCLUDED.cached_tokens,
      completion_tokens = r.completion_tokens + EXCLUDED.completion_tokens,
      reasoning_tokens = r.reasoning_tokens + EXCLUDED.reasoning_tokens, cost = r.cost + EXCLUDED.cost,
      fee = r.fee + EXCLUDED.fee, charged = r.charged + EXCLUDED.charged
  )
  INSERT INTO day_rollup AS r (organization_id, day, api_key_id, membership_id, model_id, endpoint_id, provider_id, app,
      shard, requests, failures, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, fee, charged)
    SELECT organization_id, date_trunc('day', hour, 'UTC'), api_key_id, membership_id, model_id, endpoint_id,
      provider_id, app, shard, sum(requests), sum(failures), sum(prompt_tokens), sum(cached_tokens),
      sum(completion_tokens), sum(reasoning_tokens), sum(cost), sum(fee), sum(charged)
    FROM ended GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (organization_id, day, api_key_id, membership_id, model_id, endpoint_id, provider_id, app, shard)
  DO UPDATE SET requests = r.requests + EXCLUDED.requests, failures = r.failures + EXCLUDED.failures,
    prompt_tokens = r.prompt_tokens + EXCLUDED.prompt_tokens, cached_tokens = r.cached_tokens + EXCLUDED.cached_tokens,
    completion_tokens = r.completion_tokens + EXCLUDED.completion_tokens,
    reasoning_tokens = r.reasoning_tokens + EXCLUDED.reasoning_tokens, cost = r.cost + EXCLUDED.cost,
    fee = r.fee + EXCLUDED.fee, charged = r.charged + EXCLUDED.charged
$$;

CREATE OR REPLACE FUNCTION rollup_refund(p_row completion, p_amount bigint) RETURNS void LANGUAGE sql AS $$
  WITH by_hour AS (
    UPDATE rollup r SET refunded = r.refunded + p_amount
    WHERE r.organization_id = p_row.organization_id AND r.hour = date_trunc('hour', p_row.finished_at, 'UTC')
      AND r.api_key_id = coalesce(p_row.api_key_id, '') AND r.membership_id = coalesce(p_row.membership_id, '')
      AND r.model_id = coalesce(p_row.model_id, '') AND r.endpoint_id = coalesce(p_row.endpoint_id, '')
      AND r.provider_id = coalesce(p_row.provider_id, '') AND r.app = coalesce(p_row.app, '')
      AND r.shard = p_row.session % 16
    RETURNING r.*
  )
  UPDATE day_rollup d SET refunded = d.refunded + p_amount
  FROM by_hour h
  WHERE d.organization_id = h.organization_id AND d.day = date_trunc('day', h.hour, 'UTC')
    AND d.api_key_id = h.api_key_id AND d.membership_id = h.membership_id AND d.model_id = h.model_id
    AND d.endpoint_id = h.endpoint_id AND d.provider_id = h.provider_id AND d.app = h.app AND d.shard = h.shard
$$;
