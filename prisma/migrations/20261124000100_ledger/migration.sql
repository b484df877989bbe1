-- The ledger: what the database itself holds true about money, and the functions through which all of it moves.
--
-- Every function that a node calls is one statement in autocommit, so that a node which stops in the middle holds no
-- lock. Rows are locked in one order: session, journal, claim, account by id, allowance by id, lease. Amounts are
-- integers of 10⁻¹² US dollar; in JSON they are strings, since JSON's numbers are not exact.

-- ───────── what is always true ─────────

ALTER TABLE "credit_account"
  ADD CONSTRAINT "credit_account_leased_not_negative" CHECK (leased >= 0),
  ADD CONSTRAINT "credit_account_never_overdrawn" CHECK (kind <> 'ORGANIZATION' OR (balance >= 0 AND leased <= balance)),
  ADD CONSTRAINT "credit_account_names_its_organization" CHECK (kind <> 'ORGANIZATION' OR organization_id IS NOT NULL);

-- Part of `spent`: what was charged in the period before there was a limit.
ALTER TABLE "allowance" ADD COLUMN "carried" DECIMAL(38,0) NOT NULL DEFAULT 0;

ALTER TABLE "allowance"
  ADD CONSTRAINT "allowance_not_negative" CHECK (spent >= 0 AND leased >= 0);

ALTER TABLE "lease"
  ADD CONSTRAINT "lease_covers_its_holds" CHECK (held >= 0 AND held <= amount);

ALTER TABLE "journal"
  ADD CONSTRAINT "journal_records_are_a_list" CHECK (jsonb_typeof(records) = 'array');

ALTER TABLE "completion"
  ADD CONSTRAINT "completion_charge_adds_up" CHECK (charged = cost + fee),
  ADD CONSTRAINT "completion_amounts_not_negative" CHECK (cost >= 0 AND fee >= 0 AND waived >= 0 AND upstream_cost >= 0),
  ADD CONSTRAINT "completion_refunded_at_most_what_was_charged" CHECK (refunded >= 0 AND refunded <= charged);

ALTER TABLE "entry"
  ADD CONSTRAINT "entry_moves_something" CHECK (amount <> 0);

-- A completion is charged at most once, whatever was posted twice.
CREATE UNIQUE INDEX "entry_one_charge_per_completion" ON "entry" (completion_id)
  WHERE kind IN ('USAGE', 'FEE') AND completion_id IS NOT NULL;

CREATE INDEX "rollup_api_key_id_hour_idx" ON "rollup"("api_key_id", "hour");
CREATE INDEX "rollup_membership_id_hour_idx" ON "rollup"("membership_id", "hour");

CREATE INDEX "credit_account_recalled" ON "credit_account" (recall_tick) WHERE recall_tick IS NOT NULL;
CREATE INDEX "allowance_recalled" ON "allowance" (recall_tick) WHERE recall_tick IS NOT NULL;

-- Rows that change all the time leave room on their page, so that an update need not touch an index.
ALTER TABLE "credit_account" SET (fillfactor = 50);
ALTER TABLE "allowance" SET (fillfactor = 50);
ALTER TABLE "lease" SET (fillfactor = 50);
ALTER TABLE "rollup" SET (fillfactor = 70);

INSERT INTO "credit_account" (id, kind) VALUES
  ('platform:fees', 'PLATFORM'), ('platform:grants', 'PLATFORM'), ('platform:late-loss', 'PLATFORM');

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$;

CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "entry"
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger_tx"
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit"
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- All entries of a transaction are inserted by one statement, so one look at that statement's rows is enough; a
-- deferred trigger for each row takes twice as long.
CREATE FUNCTION entries_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_tx bigint;
BEGIN
  SELECT tx_id INTO v_tx FROM inserted GROUP BY tx_id HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the entries of ledger transaction % do not sum to zero', v_tx;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "entries_sum_to_zero" AFTER INSERT ON "entry"
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION entries_sum_to_zero();

-- An entry's id: hexadecimal digits are letters of the ids' alphabet, and an account's sequence number is unique.
CREATE FUNCTION entry_id(p_account text, p_seq bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'led_' || substr(md5(p_account || ':' || p_seq), 1, 26)
$$;

-- ───────── sessions ─────────

-- The fence. Whoever moves money for a session holds this lock until it commits; a renewal does not wait for it, the
-- end of the session does.
CREATE FUNCTION session_fence(p_session int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM node_session WHERE id = p_session AND state = 'LIVE' FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'session % is not live', p_session USING ERRCODE = 'BR001';
  END IF;
END $$;

CREATE FUNCTION session_open(p_node text) RETURNS int LANGUAGE sql AS $$
  INSERT INTO node_session (node, renewed_tick) SELECT p_node, tick FROM clock RETURNING id
$$;

-- What the node says it holds, for display; never more than its lease, which may have shrunk since it looked.
CREATE FUNCTION lease_note_held(p_session int, p_held jsonb) RETURNS void LANGUAGE sql AS $$
  UPDATE lease l SET held = LEAST(l.amount, h.held)
  FROM jsonb_to_recordset(p_held) AS h(kind "LeaseKind", target text, held numeric)
  WHERE l.session = p_session AND l.kind = h.kind AND l.target = h.target
    AND l.held IS DISTINCT FROM LEAST(l.amount, h.held)
$$;

-- Time is counted in ticks that live nodes advance at most once a second: an outage stops it, so that after an outage
-- every node still has the time that it had before.
CREATE FUNCTION session_renew(p_session int, p_ack_change bigint, p_held jsonb)
RETURNS TABLE (tick bigint, database_time timestamptz, change_number bigint, live int[], recalls jsonb)
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE clock c SET tick = c.tick + 1, at = clock_timestamp()
    WHERE c.id = 1 AND c.at <= clock_timestamp() - interval '1 second';
  UPDATE node_session s SET renewed_tick = c.tick, ack_change = GREATEST(s.ack_change, p_ack_change)
    FROM clock c WHERE s.id = p_session AND s.state = 'LIVE';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'session % is not live', p_session USING ERRCODE = 'BR001';
  END IF;
  PERFORM lease_note_held(p_session, p_held);
  RETURN QUERY SELECT c.tick, clock_timestamp(), (SELECT number FROM change_head),
    ARRAY(SELECT id FROM node_session WHERE state = 'LIVE' ORDER BY id),
    session_recalls(p_session, c.tick)
    FROM clock c;
END $$;

-- What others miss and this session has leased.
CREATE FUNCTION session_recalls(p_session int, p_tick bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('kind', l.kind, 'target', l.target)), '[]')
  FROM (
    SELECT 'ACCOUNT'::"LeaseKind" AS kind, id FROM credit_account WHERE recall_tick >= p_tick - 2
    UNION ALL
    SELECT 'ALLOWANCE', id FROM allowance WHERE recall_tick >= p_tick - 2
  ) missed
  JOIN lease l ON l.session = p_session AND l.kind = missed.kind AND l.target = missed.id
$$;

-- ───────── locks ─────────

-- Everything that a posting will touch, in the one order. Unordered locks deadlock.
CREATE FUNCTION ledger_lock(p_session int, p_records jsonb, p_accounts text[], p_allowances text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_accounts text[];
  v_allowances text[];
BEGIN
  PERFORM 1 FROM claim c
    JOIN (SELECT r -> 'claim' ->> 'principal' AS principal, r -> 'claim' ->> 'key' AS key
          FROM jsonb_array_elements(p_records) r WHERE r -> 'claim' ->> 'key' IS NOT NULL) asked
      ON asked.principal = c.principal AND asked.key = c.key
    ORDER BY c.principal, c.key FOR UPDATE OF c;

  SELECT array_agg(DISTINCT id) INTO v_accounts FROM (
    SELECT r ->> 'account' AS id FROM jsonb_array_elements(p_records) r
    UNION ALL SELECT 'provider:' || (r ->> 'providerId') FROM jsonb_array_elements(p_records) r
    UNION ALL SELECT unnest(ARRAY['platform:fees', 'platform:late-loss'] || p_accounts)
  ) ids WHERE id IS NOT NULL;
  INSERT INTO credit_account (id, kind)
    SELECT id, 'PROVIDER' FROM unnest(v_accounts) id WHERE id LIKE 'provider:%' ORDER BY id
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM credit_account WHERE id = ANY (v_accounts) ORDER BY id FOR NO KEY UPDATE;

  SELECT p_allowances || coalesce(array_agg(DISTINCT a ->> 'id'), '{}') INTO v_allowances
    FROM jsonb_array_elements(p_records) r, jsonb_array_elements(r -> 'allowances') a;
  PERFORM 1 FROM allowance WHERE id = ANY (v_allowances) ORDER BY id FOR NO KEY UPDATE;
  PERFORM 1 FROM lease WHERE session = p_session AND target = ANY (v_accounts || v_allowances)
    ORDER BY kind, target FOR NO KEY UPDATE;
END $$;

-- ───────── leases ─────────

-- Moves money into the session's leases: of all targets or of none. Each target says the least that it needs, the limit
-- of its period (null for credits, whose limit is the balance) and what would be welcome; the only session takes all,
-- others a quarter of their share. Answers what each target got and had, and what other sessions have leased of it
-- without holding it.
CREATE FUNCTION lease_grant(p_session int, p_targets jsonb)
RETURNS TABLE (kind "LeaseKind", target text, granted numeric, available numeric, elsewhere numeric)
LANGUAGE plpgsql AS $$
DECLARE
  v_live int;
  v_fits boolean;
  v_targets jsonb;
BEGIN
  PERFORM session_fence(p_session);
  SELECT count(*) INTO v_live FROM node_session WHERE state = 'LIVE';
  PERFORM 1 FROM credit_account WHERE id IN (SELECT t ->> 'target' FROM jsonb_array_elements(p_targets) t)
    ORDER BY id FOR NO KEY UPDATE;
  INSERT INTO allowance (id, subject, subject_id, period_start, spent, carried)
    SELECT t.target, t.subject, t."subjectId", t."periodStart", past.charged, past.charged
    FROM jsonb_to_recordset(p_targets)
      AS t(kind "LeaseKind", target text, subject "AllowanceSubject", "subjectId" text, "periodStart" timestamptz),
    LATERAL (SELECT coalesce(sum(r.charged - r.refunded), 0) AS charged FROM rollup r WHERE r.hour >= t."periodStart"
      AND ((t.subject = 'API_KEY' AND r.api_key_id = t."subjectId")
        OR (t.subject = 'MEMBER' AND r.membership_id = t."subjectId"))) past
    WHERE t.kind = 'ALLOWANCE' AND NOT EXISTS (SELECT FROM allowance w WHERE w.id = t.target) ORDER BY t.target
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM allowance WHERE id IN (SELECT t ->> 'target' FROM jsonb_array_elements(p_targets) t)
    ORDER BY id FOR NO KEY UPDATE;

  SELECT jsonb_agg(to_jsonb(f)), bool_and(f.available >= f.min) INTO v_targets, v_fits FROM (
    SELECT t.kind, t.target, t.min, t.want, GREATEST(0, coalesce(
        CASE t.kind WHEN 'ACCOUNT' THEN a.balance - a.leased ELSE t."limit" - w.spent - w.leased END, 0)) AS available,
      (SELECT coalesce(sum(l.amount - l.held), 0) FROM lease l
        WHERE l.kind = t.kind AND l.target = t.target AND l.session <> p_session) AS elsewhere
    FROM jsonb_to_recordset(p_targets)
      AS t(kind "LeaseKind", target text, min numeric, want numeric, "limit" numeric)
    LEFT JOIN credit_account a ON t.kind = 'ACCOUNT' AND a.id = t.target
    LEFT JOIN allowance w ON t.kind = 'ALLOWANCE' AND w.id = t.target
  ) f;

  IF v_fits THEN
    PERFORM lease_add(p_session, v_targets, v_live);
  ELSE
    PERFORM lease_recall(v_targets);
  END IF;
  RETURN QUERY SELECT f.kind, f.target,
      CASE WHEN v_fits THEN lease_size(f.available, f.min, f.want, v_live) ELSE 0 END, f.available, f.elsewhere
    FROM jsonb_to_recordset(v_targets)
      AS f(kind "LeaseKind", target text, min numeric, want numeric, available numeric, elsewhere numeric);
END $$;

CREATE FUNCTION lease_size(p_available numeric, p_min numeric, p_want numeric, p_live int)
RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_live <= 1 THEN p_available
    ELSE LEAST(p_available, GREATEST(p_min, p_want, floor(p_available / (4 * p_live)))) END
$$;

CREATE FUNCTION lease_add(p_session int, p_targets jsonb, p_live int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH granted AS (
    SELECT t.kind, t.target, lease_size(t.available, t.min, t.want, p_live) AS amount
    FROM jsonb_to_recordset(p_targets)
      AS t(kind "LeaseKind", target text, min numeric, want numeric, available numeric)
  ), account AS (
    UPDATE credit_account a SET leased = a.leased + g.amount, recall_tick = NULL
    FROM granted g WHERE g.kind = 'ACCOUNT' AND a.id = g.target
  ), allowance AS (
    UPDATE allowance a SET leased = a.leased + g.amount, recall_tick = NULL
    FROM granted g WHERE g.kind = 'ALLOWANCE' AND a.id = g.target
  )
  INSERT INTO lease (session, kind, target, amount)
    SELECT p_session, g.kind, g.target, g.amount FROM granted g ORDER BY g.kind, g.target
    ON CONFLICT (session, kind, target) DO UPDATE SET amount = lease.amount + EXCLUDED.amount;
END $$;

-- Notes for everyone's next renewal that what is idle is missed here.
CREATE FUNCTION lease_recall(p_targets jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE credit_account a SET recall_tick = c.tick
    FROM clock c, jsonb_to_recordset(p_targets) AS t(kind text, target text, min numeric, available numeric)
    WHERE t.kind = 'ACCOUNT' AND a.id = t.target AND t.available < t.min AND a.recall_tick IS DISTINCT FROM c.tick;
  UPDATE allowance a SET recall_tick = c.tick
    FROM clock c, jsonb_to_recordset(p_targets) AS t(kind text, target text, min numeric, available numeric)
    WHERE t.kind = 'ALLOWANCE' AND a.id = t.target AND t.available < t.min AND a.recall_tick IS DISTINCT FROM c.tick;
END $$;

-- Returns what the node has free. Its holds and unposted charges are not free: that is the node's to know.
CREATE FUNCTION lease_give_back(p_session int, p_kind "LeaseKind", p_target text, p_amount numeric)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM session_fence(p_session);
  IF p_kind = 'ACCOUNT' THEN
    UPDATE credit_account SET leased = leased - p_amount WHERE id = p_target;
  ELSE
    UPDATE allowance SET leased = leased - p_amount WHERE id = p_target;
  END IF;
  UPDATE lease SET amount = amount - p_amount, held = LEAST(held, amount - p_amount)
    WHERE session = p_session AND kind = p_kind AND target = p_target;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'session % has no lease of %', p_session, p_target;
  END IF;
  DELETE FROM lease WHERE session = p_session AND kind = p_kind AND target = p_target AND amount = 0;
END $$;

-- ───────── claims ─────────

-- Takes an idempotency key for a completion. Answers the completion that has it now: TAKEN when that is the one asked
-- for, EXISTS when another has it, CONFLICT when another has it for another body. A key is taken over, with the next
-- generation, when it has expired, when its completion ended uncharged, or when its session is gone; the completion
-- that had it can then no longer charge.
CREATE FUNCTION claim_take(p_session int, p_principal text, p_key text, p_body_hmac text, p_completion text)
RETURNS TABLE (verdict text, completion text, gen int) LANGUAGE plpgsql AS $$
DECLARE
  v_claim claim;
BEGIN
  PERFORM session_fence(p_session);
  INSERT INTO claim AS c (principal, key, body_hmac, completion, session, expires_at)
    VALUES (p_principal, p_key, p_body_hmac, p_completion, p_session, clock_timestamp() + interval '24 hours')
    ON CONFLICT DO NOTHING;
  SELECT * INTO v_claim FROM claim c WHERE c.principal = p_principal AND c.key = p_key FOR UPDATE;
  IF v_claim.completion = p_completion THEN
    RETURN QUERY SELECT 'TAKEN', p_completion, v_claim.gen;
  ELSIF v_claim.expires_at > clock_timestamp() AND v_claim.body_hmac <> p_body_hmac THEN
    RETURN QUERY SELECT 'CONFLICT', v_claim.completion, v_claim.gen;
  ELSIF v_claim.expires_at > clock_timestamp() AND (v_claim.outcome = 'CHARGED' OR (v_claim.outcome IS NULL
      AND EXISTS (SELECT FROM node_session s WHERE s.id = v_claim.session AND s.state = 'LIVE'))) THEN
    RETURN QUERY SELECT 'EXISTS', v_claim.completion, v_claim.gen;
  ELSE
    UPDATE claim c SET completion = p_completion, session = p_session, body_hmac = p_body_hmac, gen = c.gen + 1,
      outcome = NULL, expires_at = clock_timestamp() + interval '24 hours'
      WHERE c.principal = p_principal AND c.key = p_key;
    RETURN QUERY SELECT 'TAKEN', p_completion, v_claim.gen + 1;
  END IF;
END $$;

-- Gives the key up: its completion was refused before a provider was tried.
CREATE FUNCTION claim_finish(p_principal text, p_key text, p_gen int) RETURNS void LANGUAGE sql AS $$
  DELETE FROM claim WHERE principal = p_principal AND key = p_key AND gen = p_gen AND outcome IS NULL
$$;

-- Marks the claims of these records as ended and answers the completions that do not own theirs.
CREATE FUNCTION claim_settle(p_records jsonb) RETURNS text[] LANGUAGE sql AS $$
  WITH asked AS (
    SELECT r ->> 'completion' AS completion, r -> 'claim' ->> 'principal' AS principal, r -> 'claim' ->> 'key' AS key,
      (r -> 'claim' ->> 'gen')::int AS gen,
      CASE WHEN (r ->> 'charged')::bigint > 0 OR r ->> 'status' = 'SUCCEEDED' THEN 'CHARGED' ELSE 'UNCHARGED' END AS outcome
    FROM jsonb_array_elements(p_records) r WHERE r -> 'claim' ->> 'key' IS NOT NULL
  ), owned AS (
    UPDATE claim c SET outcome = a.outcome FROM asked a
    WHERE c.principal = a.principal AND c.key = a.key AND c.gen = a.gen AND c.completion = a.completion
    RETURNING c.completion
  )
  SELECT coalesce(array_agg(a.completion), '{}') FROM asked a
  WHERE NOT EXISTS (SELECT FROM owned o WHERE o.completion = a.completion)
$$;

-- ───────── posting ─────────

CREATE FUNCTION journal_append(p_session int, p_n bigint, p_records jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM session_fence(p_session);
  INSERT INTO journal (session, n, records) VALUES (p_session, p_n, p_records) ON CONFLICT DO NOTHING;
END $$;

-- The completions of these records that are new, inserted. Those in `p_waived` are charged nothing: their whole charge
-- is waived by a line of its own.
CREATE FUNCTION completion_insert(p_session int, p_records jsonb, p_waived text[]) RETURNS text[] LANGUAGE sql AS $$
  WITH inserted AS (
    INSERT INTO completion (
      id, organization_id, api_key_id, membership_id, user_id, session, status, finish_reason, native_finish_reason,
      requested_model, model_id, endpoint_id, provider_id, prompt_tokens, completion_tokens, cached_tokens,
      cache_write_tokens, reasoning_tokens, estimated, own_provider_key, lines, cost, upstream_cost, fee, charged,
      waived, attempts, error, dropped_parameters, metadata, end_user, session_id, app, streamed, created_at,
      finished_at, time_to_first_token_ms, latency_ms, allowances)
    SELECT
      r.completion, r."organizationId", r."apiKeyId", r."membershipId", r."userId", p_session, r.status, r."finishReason",
      r."nativeFinishReason", r."requestedModel", r."modelId", r."endpointId", r."providerId", r."promptTokens",
      r."completionTokens", r."cachedTokens", r."cacheWriteTokens", r."reasoningTokens", r.estimated,
      r."ownProviderKey",
      CASE WHEN pays THEN r.lines ELSE r.lines || jsonb_build_array(jsonb_build_object('kind', 'WAIVED', 'quantity', 1,
        'unitPrice', (-r.charged * 1000000)::text, 'amount', (-r.charged)::text, 'endpointId', NULL)) END,
      CASE WHEN pays THEN r.cost ELSE 0 END, r."upstreamCost", CASE WHEN pays THEN r.fee ELSE 0 END,
      CASE WHEN pays THEN r.charged ELSE 0 END, r.waived + CASE WHEN pays THEN 0 ELSE r.charged END,
      r.attempts, r.error, r."droppedParameters", r.metadata, r."endUser", r."sessionId", r.app, r.streamed,
      r."createdAt", r."finishedAt", r."timeToFirstTokenMs", r."latencyMs", r.allowances
    FROM jsonb_to_recordset(p_records) AS r(
      completion text, "organizationId" text, "apiKeyId" text, "membershipId" text, "userId" text,
      status "CompletionStatus", "finishReason" "FinishReason", "nativeFinishReason" text, "requestedModel" text,
      "modelId" text, "endpointId" text, "providerId" text, "promptTokens" int, "completionTokens" int,
      "cachedTokens" int, "cacheWriteTokens" int, "reasoningTokens" int, estimated boolean,
      "ownProviderKey" boolean, lines jsonb, cost bigint, "upstreamCost" numeric, fee bigint, charged numeric,
      waived bigint, attempts jsonb, error jsonb, "droppedParameters" text[], metadata jsonb, "endUser" text,
      "sessionId" text, app text, streamed boolean, "createdAt" timestamptz, "finishedAt" timestamptz,
      "timeToFirstTokenMs" float8, "latencyMs" float8, allowances jsonb)
    CROSS JOIN LATERAL (SELECT r.charged = 0 OR NOT r.completion = ANY (p_waived) AS pays) policy
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  SELECT coalesce(array_agg(id), '{}') FROM inserted
$$;

-- Writes the entries of what was posted: one for each charge, one total for each provider and one for the fees, each
-- with its account's next sequence number and the balance after it; then moves the balances and frees what was leased
-- for them, in one update, since what is leased never exceeds the balance.
CREATE FUNCTION ledger_enter(p_posted jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_tx bigint;
BEGIN
  IF EXISTS (SELECT FROM jsonb_array_elements(p_posted) p WHERE (p ->> 'amount')::bigint > 0) THEN
    INSERT INTO ledger_tx (description) VALUES ('Usage') RETURNING id INTO v_tx;
  END IF;
  WITH posted AS (
    SELECT * FROM jsonb_to_recordset(p_posted) AS p(completion text, payer text, kind "LedgerKind", provider text,
      amount bigint, fee bigint, at timestamptz)
    WHERE p.amount > 0
  ), movement AS (
    SELECT payer AS account, kind, -amount AS amount, CASE WHEN kind = 'USAGE' THEN -fee END AS fee, completion, at
      FROM posted
    UNION ALL
    SELECT 'provider:' || provider, 'USAGE', sum(amount - fee)::bigint, NULL, NULL, max(at)
      FROM posted GROUP BY provider HAVING sum(amount - fee) > 0
    UNION ALL
    SELECT 'platform:fees', 'FEE', sum(fee)::bigint, NULL, NULL, max(at) FROM posted HAVING sum(fee) > 0
  )
  INSERT INTO entry (id, tx_id, account_id, seq, kind, amount, balance_after, fee, completion_id, at)
    SELECT entry_id(m.account, a.seq + m.number), v_tx, m.account, a.seq + m.number, m.kind, m.amount,
      a.balance + m.running, m.fee, m.completion, m.at
    FROM (
      SELECT *, row_number() OVER chain AS number, sum(amount) OVER chain AS running FROM movement
      WINDOW chain AS (PARTITION BY account ORDER BY at, completion ROWS UNBOUNDED PRECEDING)
    ) m LEFT JOIN credit_account a ON a.id = m.account;
  WITH change AS (
    SELECT account, sum(amount) AS amount, sum(count) AS count, sum(reserved) AS reserved FROM (
      SELECT e.account_id AS account, e.amount, 1 AS count, 0 AS reserved FROM entry e WHERE e.tx_id = v_tx
      UNION ALL
      SELECT p.account, 0, 0, p.reserved FROM jsonb_to_recordset(p_posted) AS p(account text, reserved numeric)
    ) part GROUP BY account
  )
  UPDATE credit_account a
    SET balance = a.balance + c.amount, seq = a.seq + c.count, leased = a.leased - c.reserved
    FROM change c WHERE a.id = c.account;
END $$;

-- Frees what the posted charges had reserved, from the limits and from the session's leases, and counts the limits.
CREATE FUNCTION lease_settle(p_session int, p_posted jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH spending AS (
    SELECT a ->> 'id' AS id, sum((p ->> 'charged')::numeric) AS charged, sum((p ->> 'reserved')::numeric) AS reserved
    FROM jsonb_array_elements(p_posted) p, jsonb_array_elements(p -> 'allowances') a GROUP BY 1
  )
  UPDATE allowance w SET spent = w.spent + s.charged, leased = w.leased - s.reserved
    FROM spending s WHERE w.id = s.id;
  WITH part AS (
    SELECT 'ACCOUNT'::"LeaseKind" AS kind, p ->> 'account' AS target, (p ->> 'reserved')::numeric AS reserved
      FROM jsonb_array_elements(p_posted) p
    UNION ALL
    SELECT 'ALLOWANCE', a ->> 'id', (p ->> 'reserved')::numeric
      FROM jsonb_array_elements(p_posted) p, jsonb_array_elements(p -> 'allowances') a
  ), settled AS (
    SELECT kind, target, sum(reserved) AS reserved FROM part GROUP BY kind, target HAVING sum(reserved) > 0
  )
  UPDATE lease l SET amount = l.amount - s.reserved, held = GREATEST(0, l.held - s.reserved)
    FROM settled s WHERE l.session = p_session AND l.kind = s.kind AND l.target = s.target;
END $$;

-- Usage by hour. Two nodes write different rows: the shard is the session's.
CREATE FUNCTION rollup_add(p_session int, p_completions text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO rollup AS r (organization_id, hour, api_key_id, membership_id, model_id, endpoint_id, provider_id, app,
      shard, requests, failures, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, fee, charged)
    SELECT organization_id, date_trunc('hour', finished_at, 'UTC'), coalesce(api_key_id, ''),
      coalesce(membership_id, ''), coalesce(model_id, ''), coalesce(endpoint_id, ''), coalesce(provider_id, ''),
      coalesce(app, ''), p_session % 16, count(*), count(*) FILTER (WHERE status = 'FAILED'), sum(prompt_tokens),
      sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(cost), sum(fee), sum(charged)
    FROM completion WHERE id = ANY (p_completions) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
  ON CONFLICT (organization_id, hour, api_key_id, membership_id, model_id, endpoint_id, provider_id, app, shard)
  DO UPDATE SET requests = r.requests + EXCLUDED.requests, failures = r.failures + EXCLUDED.failures,
    prompt_tokens = r.prompt_tokens + EXCLUDED.prompt_tokens, cached_tokens = r.cached_tokens + EXCLUDED.cached_tokens,
    completion_tokens = r.completion_tokens + EXCLUDED.completion_tokens,
    reasoning_tokens = r.reasoning_tokens + EXCLUDED.reasoning_tokens, cost = r.cost + EXCLUDED.cost,
    fee = r.fee + EXCLUDED.fee, charged = r.charged + EXCLUDED.charged
$$;

-- Posts records whose rows are locked. Everything is derived from what was inserted, never from what was asked for, so
-- a record that comes again moves nothing. A late record (its session is gone, and with it its lease) reserves nothing
-- any more; the caller says in `p_unpaid` which ones no longer fit: the platform pays those.
CREATE FUNCTION ledger_settle(p_session int, p_records jsonb, p_late boolean, p_unpaid text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_denied text[];
  v_inserted text[];
  v_posted jsonb;
BEGIN
  v_denied := claim_settle(p_records);
  v_inserted := completion_insert(p_session, p_records, v_denied || p_unpaid);
  IF v_inserted = '{}' THEN
    RETURN;
  END IF;
  SELECT jsonb_agg(to_jsonb(p)) INTO v_posted FROM (
    SELECT DISTINCT ON (c.id) c.id AS completion, r.account, c.charged, r.allowances, c.provider_id AS provider,
      CASE WHEN c.id = ANY (p_unpaid) THEN 'platform:late-loss' ELSE r.account END AS payer,
      CASE WHEN c.id = ANY (p_unpaid) THEN 'ADJUSTMENT' WHEN c.own_provider_key THEN 'FEE' ELSE 'USAGE' END AS kind,
      CASE WHEN c.id = ANY (v_denied) THEN 0 ELSE r.charged END AS amount, r.fee, c.finished_at AS at,
      CASE WHEN p_late THEN 0 ELSE r.charged END AS reserved
    FROM completion c
    JOIN jsonb_to_recordset(p_records)
      AS r(completion text, account text, charged bigint, fee bigint, allowances jsonb) ON r.completion = c.id
    WHERE c.id = ANY (v_inserted)
  ) p;
  PERFORM ledger_enter(v_posted);
  PERFORM lease_settle(p_session, v_posted);
  PERFORM rollup_add(p_session, v_inserted);
END $$;

-- What a record would no longer be paid by: its account has less than it charges.
CREATE FUNCTION ledger_unpaid(p_record jsonb) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(p_record ->> 'completion'), '{}') FROM credit_account a
  WHERE a.id = p_record ->> 'account' AND a.balance - a.leased < (p_record ->> 'charged')::numeric
$$;

-- Posts what can be posted. A batch that fails is halved until the bad record stands alone; that one is set aside for an
-- operator and what it had reserved is freed, and the rest goes on. Answers how many were set aside. What may heal by
-- itself (a deadlock, a time-out) is no record's fault and is thrown: the whole statement is then tried again.
CREATE FUNCTION ledger_settle_halving(p_session int, p_records jsonb, p_late boolean) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int := jsonb_array_length(p_records);
  v_error text;
BEGIN
  IF v_count = 0 THEN
    RETURN 0;
  END IF;
  BEGIN
    PERFORM ledger_settle(p_session, p_records, p_late,
      CASE WHEN p_late THEN ledger_unpaid(p_records -> 0) ELSE '{}' END);
    RETURN 0;
  EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
    v_error := SQLERRM;
  END;
  IF v_count > 1 THEN
    RETURN ledger_settle_halving(p_session, jsonb_path_query_array(p_records, '$[0 to $n]',
        jsonb_build_object('n', v_count / 2 - 1)), p_late)
      + ledger_settle_halving(p_session, jsonb_path_query_array(p_records, '$[$n to last]',
        jsonb_build_object('n', v_count / 2)), p_late);
  END IF;
  INSERT INTO quarantine (session, record, error) VALUES (p_session, p_records -> 0, v_error);
  IF NOT p_late THEN
    PERFORM lease_release(p_session, p_records -> 0);
  END IF;
  RETURN 1;
END $$;

-- Frees what a record that cannot be posted had reserved, as far as it can be read.
CREATE FUNCTION lease_release(p_session int, p_record jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lease_settle(p_session, jsonb_build_array(jsonb_build_object('account', p_record -> 'account',
    'allowances', coalesce(p_record -> 'allowances', '[]'), 'charged', 0, 'reserved', p_record -> 'charged')));
  UPDATE credit_account SET leased = leased - (p_record ->> 'charged')::numeric WHERE id = p_record ->> 'account';
EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
  NULL; -- The end of the session frees it.
END $$;

-- Posts records of a live session: the embedded node, whose journal is a file, hands them over itself.
CREATE FUNCTION ledger_post(p_session int, p_records jsonb, p_held jsonb) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_quarantined int;
BEGIN
  PERFORM session_fence(p_session);
  PERFORM ledger_lock(p_session, p_records, '{}', '{}');
  v_quarantined := ledger_settle_halving(p_session, p_records, false);
  PERFORM lease_note_held(p_session, p_held);
  RETURN v_quarantined;
END $$;

-- Posts the oldest journal rows of a live session; any node may. Answers the first row that is left, null when none is.
CREATE FUNCTION ledger_post_journal(p_session int, p_rows int, p_held jsonb)
RETURNS TABLE (quarantined int, next_n bigint) LANGUAGE plpgsql AS $$
DECLARE
  v_records jsonb;
BEGIN
  PERFORM session_fence(p_session);
  v_records := journal_take(p_session, p_rows);
  PERFORM ledger_lock(p_session, v_records, '{}', '{}');
  quarantined := ledger_settle_halving(p_session, v_records, false);
  PERFORM lease_note_held(p_session, p_held);
  SELECT min(j.n) INTO next_n FROM journal j WHERE j.session = p_session;
  RETURN NEXT;
END $$;

CREATE FUNCTION journal_take(p_session int, p_rows int) RETURNS jsonb LANGUAGE sql AS $$
  WITH oldest AS (
    SELECT n FROM journal WHERE session = p_session ORDER BY n LIMIT p_rows FOR UPDATE
  ), taken AS (
    DELETE FROM journal j USING oldest o WHERE j.session = p_session AND j.n = o.n RETURNING j.n, j.records
  )
  SELECT coalesce(jsonb_agg(r ORDER BY t.n, position), '[]')
  FROM taken t, jsonb_array_elements(t.records) WITH ORDINALITY AS element(r, position)
$$;

-- Posts records of a session that is gone, one by one in their order: charged while the account has enough that is not
-- leased, else waived and paid by the platform. Never below zero, never stuck. Limits only count them.
CREATE FUNCTION ledger_post_late(p_session int, p_records jsonb) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_record jsonb;
  v_quarantined int := 0;
BEGIN
  PERFORM 1 FROM node_session WHERE id = p_session AND state = 'LIVE' FOR KEY SHARE;
  IF FOUND THEN
    RAISE EXCEPTION 'session % is live: its records are not late', p_session;
  END IF;
  PERFORM ledger_lock(p_session, p_records, '{}', '{}');
  FOR v_record IN SELECT * FROM jsonb_array_elements(p_records) LOOP
    v_quarantined := v_quarantined + ledger_settle_halving(p_session, jsonb_build_array(v_record), true);
  END LOOP;
  RETURN v_quarantined;
END $$;

-- ───────── the end of a session ─────────

-- Posts what the session acknowledged before anything that it had leased is free again: the other order would let the
-- same money be spent twice. The session's row is locked by the caller.
CREATE FUNCTION session_end(p_session int, p_state "SessionState") RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_records jsonb := journal_take(p_session, NULL);
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

-- False when the session was not live any more.
CREATE FUNCTION session_close(p_session int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM node_session WHERE id = p_session AND state = 'LIVE' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM session_end(p_session, 'CLOSED');
  RETURN true;
END $$;

-- Ends one session that has not renewed for 50 ticks and answers it; null when there is none. A session that is posting
-- at this moment is left for the next time.
CREATE FUNCTION session_reap() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_session int;
BEGIN
  SELECT s.id INTO v_session FROM node_session s, clock c
    WHERE s.state = 'LIVE' AND c.tick - s.renewed_tick > 50 ORDER BY s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED;
  IF FOUND THEN
    PERFORM session_end(v_session, 'DEAD');
  END IF;
  RETURN v_session;
END $$;

-- ───────── credits that are not usage ─────────

-- Adds to an organization's credits, or takes from them, against an account of the platform. The same key of the same
-- account does it once; `fresh` is false for a repeat, which answers what was entered the first time.
CREATE FUNCTION grant_credits(p_account text, p_amount bigint, p_key text, p_reason text, p_actor text)
RETURNS TABLE (entry text, amount bigint, fresh boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_key text := p_account || ':' || p_key;
  v_tx bigint;
BEGIN
  PERFORM 1 FROM credit_account WHERE id IN (p_account, 'platform:grants') ORDER BY id FOR NO KEY UPDATE;
  RETURN QUERY SELECT e.id, e.amount, false FROM ledger_tx t JOIN entry e ON e.tx_id = t.id AND e.account_id = p_account
    WHERE t.key = v_key;
  IF FOUND THEN
    RETURN;
  END IF;
  INSERT INTO ledger_tx (description, actor, key) VALUES (p_reason, p_actor, v_key) RETURNING id INTO v_tx;
  INSERT INTO entry (id, tx_id, account_id, seq, kind, amount, balance_after, at)
    SELECT entry_id(m.account, a.seq + 1), v_tx, m.account, a.seq + 1, 'GRANT', m.amount, a.balance + m.amount,
      clock_timestamp()
    FROM (VALUES (p_account, p_amount), ('platform:grants', -p_amount)) AS m(account, amount)
    LEFT JOIN credit_account a ON a.id = m.account;
  UPDATE credit_account a SET balance = a.balance + e.amount, seq = a.seq + 1
    FROM entry e WHERE e.tx_id = v_tx AND e.account_id = a.id;
  RETURN QUERY SELECT e.id, e.amount, true FROM entry e WHERE e.tx_id = v_tx AND e.account_id = p_account;
END $$;
