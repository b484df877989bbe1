-- What a posting costs. Its statements are planned once for a connection, since PostgreSQL keeps the plans of PL/pgSQL's
-- functions and makes those of SQL's anew for each call: planning took 7 of the 8 ms of a posting of one record. Records
-- are taken from the journal as they are, an array of them, and read into columns once.
--
-- In a record what may be null, zero, false or empty need not stand.

-- Journal rows live for a tenth of a second: compressing them takes longer than writing them does.
ALTER TABLE "journal" ALTER COLUMN "records" SET STORAGE EXTERNAL;
ALTER TABLE "journal" SET (toast_tuple_target = 8160);

-- What is asked of a completion is its charge, and entry_one_charge_per_completion finds that.
DROP INDEX "entry_completion_id_idx";

DROP FUNCTION claim_settle(jsonb);
DROP FUNCTION completion_insert(int, jsonb, text[]);
DROP FUNCTION journal_append(int, bigint, jsonb);
DROP FUNCTION journal_take(int, int);
DROP FUNCTION ledger_enter(jsonb);
DROP FUNCTION ledger_lock(int, jsonb, text[], text[]);
DROP FUNCTION ledger_settle(int, jsonb, boolean, text[]);
DROP FUNCTION ledger_settle_halving(int, jsonb, boolean);
DROP FUNCTION lease_settle(int, jsonb);
DROP FUNCTION rollup_add(int, text[]);

-- What became of a record that was inserted. `amount` leaves the payer and was `reserved` in the leases of the account
-- and of the allowances, which count what is `charged`.
CREATE TYPE "posting" AS (completion text, account text, payer text, kind "LedgerKind", provider text, amount bigint,
  fee bigint, charged bigint, reserved bigint, at timestamptz, allowances jsonb);

-- The cast to text by hand: with the implicit one, which is not IMMUTABLE, this would be called instead of inlined.
CREATE OR REPLACE FUNCTION entry_id(p_account text, p_seq bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'led_' || substr(md5(p_account || ':' || p_seq::text), 1, 26)
$$;

CREATE FUNCTION records_of(p_records jsonb) RETURNS jsonb[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN ARRAY(SELECT jsonb_array_elements(p_records));
END $$;

-- Everything that a posting will touch, in the one order. Unordered locks deadlock.
CREATE FUNCTION ledger_lock(p_session int, p_records jsonb[], p_accounts text[], p_allowances text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_accounts text[];
  v_providers text[];
  v_allowances text[];
BEGIN
  PERFORM 1 FROM claim c
    JOIN (SELECT r -> 'claim' ->> 'principal' AS principal, r -> 'claim' ->> 'key' AS key
          FROM unnest(p_records) r WHERE r -> 'claim' ->> 'key' IS NOT NULL) asked
      ON asked.principal = c.principal AND asked.key = c.key
    ORDER BY c.principal, c.key FOR UPDATE OF c;

  SELECT array_agg(DISTINCT r ->> 'account'), array_agg(DISTINCT 'provider:' || (r ->> 'providerId'))
    INTO v_accounts, v_providers FROM unnest(p_records) r;
  INSERT INTO credit_account (id, kind)
    SELECT id, 'PROVIDER' FROM unnest(v_providers) id WHERE id IS NOT NULL ORDER BY id ON CONFLICT DO NOTHING;
  v_accounts := v_accounts || v_providers || p_accounts || '{platform:fees,platform:late-loss}';
  PERFORM 1 FROM credit_account WHERE id = ANY (v_accounts) ORDER BY id FOR NO KEY UPDATE;

  SELECT p_allowances || array_agg(DISTINCT a ->> 'id') INTO v_allowances
    FROM unnest(p_records) r, jsonb_array_elements(r -> 'allowances') a;
  PERFORM 1 FROM allowance WHERE id = ANY (v_allowances) ORDER BY id FOR NO KEY UPDATE;
  PERFORM 1 FROM lease WHERE session = p_session AND target = ANY (v_accounts || v_allowances)
    ORDER BY kind, target FOR NO KEY UPDATE;
END $$;

-- Marks the claims of these records as ended and answers the completions that do not own theirs.
CREATE FUNCTION claim_settle(p_records jsonb[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  v_denied text[];
BEGIN
  WITH asked AS (
    SELECT r ->> 'completion' AS completion, r -> 'claim' ->> 'principal' AS principal, r -> 'claim' ->> 'key' AS key,
      (r -> 'claim' ->> 'gen')::int AS gen,
      CASE WHEN (r ->> 'charged')::bigint > 0 OR r ->> 'status' = 'SUCCEEDED' THEN 'CHARGED' ELSE 'UNCHARGED' END AS outcome
    FROM unnest(p_records) r WHERE r -> 'claim' ->> 'key' IS NOT NULL
  ), owned AS (
    UPDATE claim c SET outcome = a.outcome FROM asked a
    WHERE c.principal = a.principal AND c.key = a.key AND c.gen = a.gen AND c.completion = a.completion
    RETURNING c.completion
  )
  SELECT coalesce(array_agg(a.completion), '{}') INTO v_denied FROM asked a
    WHERE NOT EXISTS (SELECT FROM owned o WHERE o.completion = a.completion);
  RETURN v_denied;
END $$;

-- Inserts the completions of these records that are new, and answers what became of those. One that does not own its
-- claim, or whose account has not enough, is charged nothing: its whole charge is waived by a line of its own.
CREATE FUNCTION completion_insert(p_session int, p_records jsonb[], p_late boolean, p_denied text[], p_unpaid text[],
  OUT inserted completion[], OUT posted posting[]) LANGUAGE plpgsql AS $$
BEGIN
  WITH asked AS MATERIALIZED (
    SELECT DISTINCT ON (r.completion) r.*, coalesce(r.completion = ANY (p_denied), false) AS denied,
      coalesce(r.completion = ANY (p_unpaid), false) AS unpaid,
      r.charged = 0 OR NOT r.completion = ANY (p_denied || p_unpaid) AS pays
    FROM unnest(p_records) WITH ORDINALITY AS given(record, number), jsonb_to_record(given.record) AS r(
      completion text, account text, "organizationId" text, "apiKeyId" text, "membershipId" text, "userId" text,
      status "CompletionStatus", "finishReason" "FinishReason", "nativeFinishReason" text, "requestedModel" text,
      "modelId" text, "endpointId" text, "providerId" text, "promptTokens" int, "completionTokens" int,
      "cachedTokens" int, "cacheWriteTokens" int, "reasoningTokens" int, estimated boolean,
      "ownProviderKey" boolean, lines jsonb, cost bigint, "upstreamCost" numeric, fee bigint, charged bigint,
      waived bigint, attempts jsonb, error jsonb, "droppedParameters" text[], metadata jsonb, "endUser" text,
      "sessionId" text, app text, streamed boolean, "createdAt" timestamptz, "finishedAt" timestamptz(3),
      "timeToFirstTokenMs" float8, "latencyMs" float8, allowances jsonb)
    ORDER BY r.completion, given.number
  ), new AS (
    INSERT INTO completion AS c (
      id, organization_id, api_key_id, membership_id, user_id, session, status, finish_reason, native_finish_reason,
      requested_model, model_id, endpoint_id, provider_id, prompt_tokens, completion_tokens, cached_tokens,
      cache_write_tokens, reasoning_tokens, estimated, own_provider_key, lines, cost, upstream_cost, fee, charged,
      waived, attempts, error, dropped_parameters, metadata, end_user, session_id, app, streamed, created_at,
      finished_at, time_to_first_token_ms, latency_ms, allowances)
    SELECT
      r.completion, r."organizationId", r."apiKeyId", r."membershipId", r."userId", p_session, r.status, r."finishReason",
      r."nativeFinishReason", r."requestedModel", r."modelId", r."endpointId", r."providerId",
      coalesce(r."promptTokens", 0), coalesce(r."completionTokens", 0), coalesce(r."cachedTokens", 0),
      coalesce(r."cacheWriteTokens", 0), coalesce(r."reasoningTokens", 0), coalesce(r.estimated, false),
      coalesce(r."ownProviderKey", false),
      CASE WHEN r.pays THEN r.lines ELSE r.lines || jsonb_build_array(jsonb_build_object('kind', 'WAIVED', 'quantity', 1,
        'unitPrice', (r.charged * -1000000::numeric)::text, 'amount', (-r.charged)::text, 'endpointId', NULL)) END,
      CASE WHEN r.pays THEN r.cost ELSE 0 END, r."upstreamCost", CASE WHEN r.pays THEN r.fee ELSE 0 END,
      CASE WHEN r.pays THEN r.charged ELSE 0 END, coalesce(r.waived, 0) + CASE WHEN r.pays THEN 0 ELSE r.charged END,
      r.attempts, r.error, coalesce(r."droppedParameters", '{}'), r.metadata, r."endUser", r."sessionId",
      r.app, coalesce(r.streamed, false), r."createdAt", r."finishedAt", r."timeToFirstTokenMs", r."latencyMs",
      r.allowances
    FROM asked r
    ON CONFLICT DO NOTHING
    RETURNING id, c AS row
  )
  SELECT (SELECT array_agg(row) FROM new),
      array_agg(ROW(r.completion, r.account, CASE WHEN r.unpaid THEN 'platform:late-loss' ELSE r.account END,
        CASE WHEN r.unpaid THEN 'ADJUSTMENT' WHEN r."ownProviderKey" THEN 'FEE' ELSE 'USAGE' END, r."providerId",
        CASE WHEN r.denied THEN 0 ELSE r.charged END, r.fee, CASE WHEN r.pays THEN r.charged ELSE 0 END,
        CASE WHEN p_late THEN 0 ELSE r.charged END, r."finishedAt", r.allowances)::posting)
    INTO inserted, posted FROM asked r WHERE r.completion = ANY (ARRAY(SELECT id FROM new));
END $$;

-- Writes the entries of what was posted: one for each charge, one total for each provider and one for the fees, each
-- with its account's next sequence number and the balance after it; and moves the balances and frees what was leased
-- for them, in one update, since what is leased never exceeds the balance.
CREATE FUNCTION ledger_enter(p_posted posting[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_tx bigint;
BEGIN
  IF EXISTS (SELECT FROM unnest(p_posted) WHERE amount > 0) THEN
    INSERT INTO ledger_tx (description) VALUES ('Usage') RETURNING id INTO v_tx;
  END IF;
  WITH paid AS (
    SELECT * FROM unnest(p_posted) WHERE amount > 0
  ), movement AS (
    SELECT payer AS account, kind, -amount AS amount, CASE WHEN kind = 'USAGE' THEN -fee END AS fee, completion, at
      FROM paid
    UNION ALL
    SELECT 'provider:' || provider, 'USAGE', sum(amount - fee)::bigint, NULL, NULL, max(at)
      FROM paid GROUP BY provider HAVING sum(amount - fee) > 0
    UNION ALL
    SELECT 'platform:fees', 'FEE', sum(fee)::bigint, NULL, NULL, max(at) FROM paid HAVING sum(fee) > 0
  ), entered AS (
    INSERT INTO entry (id, tx_id, account_id, seq, kind, amount, balance_after, fee, completion_id, at)
      SELECT entry_id(m.account, a.seq + m.number), v_tx, m.account, a.seq + m.number, m.kind, m.amount,
        a.balance + m.running, m.fee, m.completion, m.at
      FROM (
        SELECT *, row_number() OVER chain AS number, sum(amount) OVER chain AS running FROM movement
        WINDOW chain AS (PARTITION BY account ORDER BY at, completion ROWS UNBOUNDED PRECEDING)
      ) m LEFT JOIN credit_account a ON a.id = m.account
      RETURNING account_id, amount
  ), change AS (
    SELECT account, sum(amount) AS amount, sum(count) AS count, sum(reserved) AS reserved FROM (
      SELECT account_id AS account, amount, 1 AS count, 0 AS reserved FROM entered
      UNION ALL
      SELECT account, 0, 0, reserved FROM unnest(p_posted)
    ) part GROUP BY account
  )
  UPDATE credit_account a
    SET balance = a.balance + c.amount, seq = a.seq + c.count, leased = a.leased - c.reserved
    FROM change c WHERE a.id = c.account;
END $$;

-- Frees what the posted charges had reserved, from the limits and from the session's leases, and counts the limits. A
-- charge of what the session has not leased is refused: what others have leased would pay for it.
CREATE FUNCTION lease_settle(p_session int, p_posted posting[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_unleased text;
BEGIN
  WITH part AS (
    SELECT 'ACCOUNT'::"LeaseKind" AS kind, account AS target, charged, reserved FROM unnest(p_posted)
    UNION ALL
    SELECT 'ALLOWANCE', a ->> 'id', charged, reserved FROM unnest(p_posted), jsonb_array_elements(allowances) a
  ), settled AS (
    SELECT kind, target, sum(charged) AS charged, sum(reserved) AS reserved FROM part GROUP BY kind, target
  ), counted AS (
    UPDATE allowance w SET spent = w.spent + s.charged, leased = w.leased - s.reserved
      FROM settled s WHERE s.kind = 'ALLOWANCE' AND w.id = s.target
  ), shrunk AS (
    UPDATE lease l SET amount = l.amount - s.reserved, held = GREATEST(0, l.held - s.reserved)
      FROM settled s WHERE s.reserved > 0 AND l.session = p_session AND l.kind = s.kind AND l.target = s.target
      RETURNING l.kind, l.target
  )
  SELECT target INTO v_unleased FROM (
    SELECT kind, target FROM settled WHERE reserved > 0 EXCEPT SELECT kind, target FROM shrunk
  ) unleased LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'session % has no lease of %', p_session, v_unleased;
  END IF;
END $$;

-- Posts records whose rows are locked. Everything is derived from what was inserted, never from what was asked for, so
-- a record that comes again moves nothing. A late record (its session is gone, and with it its lease) reserves nothing
-- any more; the caller says in `p_unpaid` which ones no longer fit: the platform pays those.
CREATE FUNCTION ledger_settle(p_session int, p_records jsonb[], p_late boolean, p_unpaid text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_inserted completion[];
  v_posted posting[];
BEGIN
  SELECT inserted, posted INTO v_inserted, v_posted
    FROM completion_insert(p_session, p_records, p_late, claim_settle(p_records), p_unpaid);
  IF v_inserted IS NULL THEN
    RETURN;
  END IF;
  PERFORM ledger_enter(v_posted);
  PERFORM lease_settle(p_session, v_posted);
  PERFORM rollup_add(p_session, v_inserted);
END $$;

-- Posts what can be posted. A batch that fails is halved until the bad record stands alone; that one is set aside for an
-- operator and what it had reserved is freed, and the rest goes on. Answers how many were set aside. What may heal by
-- itself (a deadlock, a time-out) is no record's fault and is thrown: the whole statement is then tried again.
CREATE FUNCTION ledger_settle_halving(p_session int, p_records jsonb[], p_late boolean) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  v_count int := cardinality(p_records);
  v_error text;
BEGIN
  IF v_count = 0 THEN
    RETURN 0;
  END IF;
  BEGIN
    PERFORM ledger_settle(p_session, p_records, p_late,
      CASE WHEN p_late THEN ledger_unpaid(p_records[1]) ELSE '{}' END);
    RETURN 0;
  EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
    v_error := SQLERRM;
  END;
  IF v_count > 1 THEN
    RETURN ledger_settle_halving(p_session, p_records[:v_count / 2], p_late)
      + ledger_settle_halving(p_session, p_records[v_count / 2 + 1:], p_late);
  END IF;
  INSERT INTO quarantine (session, record, error) VALUES (p_session, p_records[1], v_error);
  IF NOT p_late THEN
    PERFORM lease_release(p_session, p_records[1]);
  END IF;
  RETURN 1;
END $$;

-- Posts records of a live session: the embedded node, whose journal is a file, hands them over itself.
CREATE OR REPLACE FUNCTION ledger_post(p_session int, p_records jsonb, p_held jsonb) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_records jsonb[] := records_of(p_records);
  v_quarantined int;
BEGIN
  PERFORM session_fence(p_session);
  PERFORM ledger_lock(p_session, v_records, '{}', '{}');
  v_quarantined := ledger_settle_halving(p_session, v_records, false);
  PERFORM lease_note_held(p_session, p_held);
  RETURN v_quarantined;
END $$;

-- All of these rows, or none; a row that is there already stays as it is.
CREATE FUNCTION journal_append(p_session int, p_rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM session_fence(p_session);
  INSERT INTO journal (session, n, records)
    SELECT p_session, (r ->> 'n')::bigint, r -> 'records' FROM jsonb_array_elements(p_rows) r ON CONFLICT DO NOTHING;
END $$;

-- Takes the oldest rows of a session's journal, all of them for null: their records, and the first row that is left. Who
-- has the oldest row goes first; rows that two delete in different orders deadlock.
CREATE FUNCTION journal_take(p_session int, p_rows int, OUT records jsonb[], OUT next_n bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM journal j WHERE j.session = p_session ORDER BY j.n LIMIT 1 FOR UPDATE;
  IF p_rows IS NOT NULL THEN
    SELECT j.n INTO next_n FROM journal j WHERE j.session = p_session ORDER BY j.n OFFSET p_rows LIMIT 1;
  END IF;
  WITH taken AS (
    DELETE FROM journal j WHERE j.session = p_session AND (next_n IS NULL OR j.n < next_n) RETURNING j.n, j.records
  )
  SELECT coalesce(array_agg(r), '{}') INTO records
    FROM (SELECT t.records FROM taken t ORDER BY t.n) AS row(records), jsonb_array_elements(row.records) r;
END $$;

-- Posts the oldest journal rows of a live session; any node may. Answers the first row that is left, null when none is.
CREATE OR REPLACE FUNCTION ledger_post_journal(p_session int, p_rows int, p_held jsonb)
RETURNS TABLE (quarantined int, next_n bigint) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_records jsonb[];
BEGIN
  PERFORM session_fence(p_session);
  SELECT t.records, t.next_n INTO v_records, next_n FROM journal_take(p_session, p_rows) t;
  PERFORM ledger_lock(p_session, v_records, '{}', '{}');
  quarantined := ledger_settle_halving(p_session, v_records, false);
  PERFORM lease_note_held(p_session, p_held);
  RETURN NEXT;
END $$;

-- Posts records of a session that is gone, one by one in their order: charged while the account has enough that is not
-- leased, else waived and paid by the platform. Never below zero, never stuck. Limits only count them.
CREATE OR REPLACE FUNCTION ledger_post_late(p_session int, p_records jsonb) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_records jsonb[] := records_of(p_records);
  v_record jsonb;
  v_quarantined int := 0;
BEGIN
  PERFORM 1 FROM node_session WHERE id = p_session AND state = 'LIVE' FOR KEY SHARE;
  IF FOUND THEN
    RAISE EXCEPTION 'session % is live: its records are not late', p_session;
  END IF;
  PERFORM ledger_lock(p_session, v_records, '{}', '{}');
  FOREACH v_record IN ARRAY v_records LOOP
    v_quarantined := v_quarantined + ledger_settle_halving(p_session, ARRAY[v_record], true);
  END LOOP;
  RETURN v_quarantined;
END $$;

-- Posts what the session acknowledged before anything that it had leased is free again: the other order would let the
-- same money be spent twice. The session's row is locked by the caller.
CREATE OR REPLACE FUNCTION session_end(p_session int, p_state "SessionState") RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_records jsonb[] := (journal_take(p_session, NULL)).records;
BEGIN
  UPDATE node_session SET state = p_state, ended_at = clock_timestamp() WHERE id = p_session;
  PERFORM ledger_lock(p_session, v_records,
    ARRAY(SELECT target FROM lease WHERE session = p_session AND kind = 'ACCOUNT'),
    ARRAY(SELECT target FROM lease WHERE session = p_session AND kind = 'ALLOWANCE'));
  PERFORM ledger_settle_halving(p_session, v_records, false);
  UPDATE credit_account a SET leased = a.leased - l.amount
    FROM lease l WHERE l.session = p_session AND l.kind = 'ACCOUNT' AND a.id = l.target;
  UPDATE allowance a SET leased = a.leased - l.amount
    FROM lease l WHERE l.session = p_session AND l.kind = 'ALLOWANCE' AND a.id = l.target;
  DELETE FROM lease WHERE session = p_session;
END $$;

-- What the node says it holds, for display; never more than its lease, which may have shrunk since it looked.
CREATE OR REPLACE FUNCTION lease_note_held(p_session int, p_held jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE lease l SET held = LEAST(l.amount, h.held)
  FROM jsonb_to_recordset(p_held) AS h(kind "LeaseKind", target text, held numeric)
  WHERE l.session = p_session AND l.kind = h.kind AND l.target = h.target
    AND l.held IS DISTINCT FROM LEAST(l.amount, h.held);
END $$;

CREATE FUNCTION rollup_add(p_session int, p_completions completion[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH ended AS (
    SELECT organization_id, date_trunc('hour', finished_at, 'UTC') AS hour, coalesce(api_key_id, '') AS api_key_id,
      coalesce(membership_id, '') AS membership_id, coalesce(model_id, '') AS model_id,
      coalesce(endpoint_id, '') AS endpoint_id, coalesce(provider_id, '') AS provider_id, coalesce(app, '') AS app,
      p_session % 16 AS shard, count(*) AS requests, count(*) FILTER (WHERE status = 'FAILED') AS failures,
      sum(prompt_tokens) AS prompt_tokens, sum(cached_tokens) AS cached_tokens,
      sum(completion_tokens) AS completion_tokens, sum(reasoning_tokens) AS reasoning_tokens, sum(cost) AS cost,
      sum(fee) AS fee, sum(charged) AS charged
    FROM unnest(p_completions) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
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
    fee = r.fee + EXCLUDED.fee, charged = r.charged + EXCLUDED.charged;
END $$;
