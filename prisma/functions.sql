-- Every function of the database as all migrations together leave it: to be read,
-- and to see in a review what a migration changes. Nothing runs this file; a test writes it.

-- 20261124000100_ledger
CREATE OR REPLACE FUNCTION public.append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $function$;

-- 20261126202053_limits_anew
CREATE OR REPLACE FUNCTION public.budget_begins_anew()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.budget_number := OLD.budget_number + 1;
  RETURN NEW;
END $function$;

-- 20261124000100_ledger
-- Gives the key up: its completion was refused before a provider was tried.
CREATE OR REPLACE FUNCTION public.claim_finish(p_principal text, p_key text, p_gen integer)
 RETURNS void
 LANGUAGE sql
AS $function$
  DELETE FROM claim WHERE principal = p_principal AND key = p_key AND gen = p_gen AND outcome IS NULL
$function$;

-- 20261126042000_kept_claims
-- Expired claims, some at a time, so that no statement is long; answers how many there were.
CREATE OR REPLACE FUNCTION public.claim_prune(p_most integer)
 RETURNS integer
 LANGUAGE sql
AS $function$
  WITH pruned AS (
    DELETE FROM claim WHERE (principal, key) IN (
      SELECT principal, key FROM claim WHERE expires_at <= clock_timestamp()
        ORDER BY principal, key LIMIT p_most FOR UPDATE SKIP LOCKED
    ) RETURNING 1
  )
  SELECT count(*)::int FROM pruned
$function$;

-- 20261126134500_cheap_postings
-- Marks the claims of these records as ended and answers the completions that do not own theirs.
CREATE OR REPLACE FUNCTION public.claim_settle(p_records jsonb[])
 RETURNS text[]
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126042000_kept_claims
-- A key is used up by whatever was tried under it, charged or not: a repeat gets that completion, also when it failed.
-- Free again are keys that were given up (nothing was tried, or it was our own fault that it ended), those that have
-- expired, and those of a session that ended before the completion did.
CREATE OR REPLACE FUNCTION public.claim_take(p_session integer, p_principal text, p_key text, p_body_hmac text, p_completion text)
 RETURNS TABLE(verdict text, completion text, gen integer)
 LANGUAGE plpgsql
AS $function$
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
  ELSIF v_claim.expires_at > clock_timestamp() AND (v_claim.outcome IS NOT NULL
      OR EXISTS (SELECT FROM node_session s WHERE s.id = v_claim.session AND s.state = 'LIVE')) THEN
    RETURN QUERY SELECT 'EXISTS', v_claim.completion, v_claim.gen;
  ELSE
    UPDATE claim c SET completion = p_completion, session = p_session, body_hmac = p_body_hmac, gen = c.gen + 1,
      outcome = NULL, expires_at = clock_timestamp() + interval '24 hours'
      WHERE c.principal = p_principal AND c.key = p_key;
    RETURN QUERY SELECT 'TAKEN', p_completion, v_claim.gen + 1;
  END IF;
END $function$;

-- 20261126010519_billing
-- The least id of a completion that began at this time: ids begin with the milliseconds, ten digits of base 32.
CREATE OR REPLACE FUNCTION public.completion_id_floor(p_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT 'cmp_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
    ((ms >> (5 * place)) & 31)::int + 1, 1), '' ORDER BY place DESC) || repeat('0', 16)
  FROM (SELECT floor(extract(epoch FROM p_at) * 1000)::bigint AS ms) t, generate_series(0, 9) place
$function$;

-- 20261126134500_cheap_postings
-- Inserts the completions of these records that are new, and answers what became of those. One that does not own its
-- claim, or whose account has not enough, is charged nothing: its whole charge is waived by a line of its own.
CREATE OR REPLACE FUNCTION public.completion_insert(p_session integer, p_records jsonb[], p_late boolean, p_denied text[], p_unpaid text[], OUT inserted completion[], OUT posted posting[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126010519_billing
-- Drops the details of completions month by month, oldest first: one partition a call. Their entries and their usage by
-- hour stay, and what they had spent of a limit is carried. Answers the partition; null when no older one is left.
CREATE OR REPLACE FUNCTION public.completion_partition_drop(p_before timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_name text;
  v_end text;
BEGIN
  SELECT child.relname, substring(pg_get_expr(child.relpartbound, child.oid) FROM 'TO \(''([^'']+)''\)')
    INTO v_name, v_end
    FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'completion'::regclass AND child.relname ~ '^completion_[0-9]{6}$'
    ORDER BY child.relname LIMIT 1;
  IF v_name IS NULL OR v_end > completion_id_floor(p_before) THEN
    RETURN NULL;
  END IF;
  EXECUTE format('CREATE TEMPORARY TABLE carried ON COMMIT DROP AS
    SELECT a ->> ''id'' AS id, sum(c.charged - c.refunded) AS amount
    FROM %I c, jsonb_array_elements(c.allowances) a GROUP BY 1', v_name);
  PERFORM 1 FROM allowance WHERE id IN (SELECT id FROM carried) ORDER BY id FOR NO KEY UPDATE;
  UPDATE allowance w SET carried = w.carried + c.amount FROM carried c WHERE c.id = w.id;
  DROP TABLE carried;
  EXECUTE format('DROP TABLE %I', v_name);
  UPDATE completion_kept SET "from" = v_end;
  RETURN v_name;
END $function$;

-- 20261126010519_billing
-- Makes the partition of a month, before it begins: what a late clock put into the rest is moved into it. Answers whether
-- it was missing.
CREATE OR REPLACE FUNCTION public.completion_partition_open(p_month timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_from timestamptz := date_trunc('month', p_month, 'UTC');
  v_name text := 'completion_' || to_char(v_from AT TIME ZONE 'UTC', 'YYYYMM');
  v_first text := completion_id_floor(v_from);
  v_end text := completion_id_floor(((v_from AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
BEGIN
  IF to_regclass(v_name) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('completion partitions'));
  IF to_regclass(v_name) IS NOT NULL THEN
    RETURN false;
  END IF;
  LOCK TABLE completion IN SHARE ROW EXCLUSIVE MODE;
  EXECUTE format('CREATE TABLE %I (LIKE completion INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
  EXECUTE format('WITH moved AS (DELETE FROM completion_rest WHERE id >= %L AND id < %L RETURNING *)
    INSERT INTO %I SELECT * FROM moved', v_first, v_end, v_name);
  EXECUTE format('ALTER TABLE completion ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', v_name, v_first, v_end);
  RETURN true;
END $function$;

-- 20261126010519_billing
-- Gives back all or part of what a completion was charged: null is all that is left of it. It lowers what the periods of
-- its own admission have spent, and stands as refunded in the usage of its own hour. The platform bears it. Answers no
-- row without such a completion; a null entry when more is asked for than is left.
CREATE OR REPLACE FUNCTION public.completion_refund(p_completion text, p_amount bigint, p_key text, p_reason text, p_actor text)
 RETURNS TABLE(entry text, completion text, amount bigint, remaining bigint, organization text)
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_account text;
  v_key text;
  v_row completion;
  v_amount bigint;
BEGIN
  SELECT a.id INTO v_account FROM completion c JOIN credit_account a ON a.organization_id = c.organization_id
    WHERE c.id = p_completion;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  v_key := v_account || ':' || p_key;
  PERFORM 1 FROM credit_account WHERE id IN (v_account, 'platform:refunds') ORDER BY id FOR NO KEY UPDATE;
  PERFORM 1 FROM allowance w JOIN completion c ON c.id = p_completion
    AND w.id IN (SELECT a ->> 'id' FROM jsonb_array_elements(c.allowances) a) ORDER BY w.id FOR NO KEY UPDATE OF w;
  SELECT * INTO v_row FROM completion c WHERE c.id = p_completion FOR NO KEY UPDATE;
  RETURN QUERY SELECT e.entry, e.completion, e.amount, v_row.charged - v_row.refunded,
    v_row.organization_id FROM ledger_entered(v_account, v_key) e;
  IF FOUND THEN
    RETURN;
  END IF;
  v_amount := coalesce(p_amount, v_row.charged - v_row.refunded);
  IF v_amount <= 0 OR v_amount > v_row.charged - v_row.refunded THEN
    RETURN QUERY SELECT NULL::text, p_completion, v_amount, v_row.charged - v_row.refunded, v_row.organization_id;
    RETURN;
  END IF;
  UPDATE completion c SET refunded = c.refunded + v_amount WHERE c.id = p_completion;
  UPDATE allowance w SET spent = w.spent - v_amount
    WHERE w.id IN (SELECT a ->> 'id' FROM jsonb_array_elements(v_row.allowances) a);
  PERFORM rollup_refund(v_row, v_amount);
  RETURN QUERY SELECT ledger_move(v_account, 'platform:refunds', 'REFUND', v_amount, jsonb_build_object('description',
    p_reason, 'actor', p_actor, 'key', v_key, 'completion', p_completion)), p_completion, v_amount,
    v_row.charged - v_row.refunded - v_amount, v_row.organization_id;
END $function$;

-- 20261126010519_billing
-- Notes each threshold that a balance has fallen below, once until it is above again, and each limit of a key or a
-- member's month of which 80 or 100 per cent are spent, once in its period. Answers the organizations concerned.
CREATE OR REPLACE FUNCTION public.credit_alerts_note(p_limits jsonb)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
BEGIN
  RETURN QUERY
  WITH low AS (
    SELECT b.organization_id, a.balance, b.alerted,
      ARRAY(SELECT t FROM unnest(b.alert_thresholds) t WHERE a.balance < t ORDER BY t) AS below
    FROM billing b JOIN credit_account a ON a.organization_id = b.organization_id
    WHERE b.alert_thresholds <> '{}' OR b.alerted <> '{}' ORDER BY b.organization_id FOR UPDATE OF b
  ), changed AS (
    UPDATE billing b SET alerted = low.below FROM low
    WHERE b.organization_id = low.organization_id AND low.below IS DISTINCT FROM low.alerted
    RETURNING b.organization_id, low.balance, low.below, low.alerted AS before
  ), fallen AS (
    INSERT INTO credit_alert (id, organization_id, kind, at, threshold, amount)
      SELECT 'alt_' || substr(md5(random()::text || c.organization_id || t), 1, 26), c.organization_id, 'LOW_BALANCE',
        clock_timestamp(), t, c.balance
      FROM changed c, unnest(c.below) t WHERE NOT t = ANY (c.before)
      RETURNING organization_id
  ), spent AS (
    INSERT INTO credit_alert (id, organization_id, kind, at, threshold, amount, subject, occasion)
      SELECT 'alt_' || substr(md5(l.allowance || ':' || level), 1, 26), l.organization,
        CASE w.subject WHEN 'MEMBER' THEN 'MEMBER_BUDGET' ELSE 'KEY_LIMIT' END::"CreditAlertKind", clock_timestamp(),
        l."limit" * level / 100, w.spent, w.subject_id, l.allowance || ':' || level
      FROM jsonb_to_recordset(p_limits) AS l(organization text, allowance text, "limit" bigint)
      JOIN allowance w ON w.id = l.allowance CROSS JOIN (VALUES (80), (100)) AS levels(level)
      WHERE w.spent * 100 >= l."limit" * level::numeric
      ORDER BY l.allowance, level ON CONFLICT DO NOTHING
      RETURNING organization_id
  )
  SELECT organization_id FROM fallen UNION SELECT organization_id FROM spent;
END $function$;

-- 20261126010519_billing
-- Corrects a balance, with a reason. What is taken must not be leased: else nothing is entered and `available` says what
-- there is. Answers what the key entered the first time when it is used again.
CREATE OR REPLACE FUNCTION public.credits_adjust(p_account text, p_amount bigint, p_key text, p_reason text, p_actor text)
 RETURNS TABLE(entry text, kind "LedgerKind", amount bigint, available numeric)
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_key text := p_account || ':' || p_key;
  v_available numeric;
BEGIN
  PERFORM 1 FROM credit_account WHERE id IN (p_account, 'platform:adjustments') ORDER BY id FOR NO KEY UPDATE;
  SELECT a.balance - a.leased INTO v_available FROM credit_account a WHERE a.id = p_account;
  RETURN QUERY SELECT e.entry, e.kind, e.amount, v_available FROM ledger_entered(p_account, v_key) e;
  IF FOUND THEN
    RETURN;
  END IF;
  IF v_available + p_amount < 0 THEN
    RETURN QUERY SELECT NULL::text, NULL::"LedgerKind", 0::bigint, v_available;
    RETURN;
  END IF;
  RETURN QUERY SELECT ledger_move(p_account, 'platform:adjustments', 'ADJUSTMENT', p_amount,
    jsonb_build_object('description', p_reason, 'actor', p_actor, 'key', v_key)), 'ADJUSTMENT'::"LedgerKind", p_amount,
    v_available + p_amount;
END $function$;

-- 20261124000100_ledger
-- All entries of a transaction are inserted by one statement, so one look at that statement's rows is enough; a
-- deferred trigger for each row takes twice as long.
CREATE OR REPLACE FUNCTION public.entries_sum_to_zero()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_tx bigint;
BEGIN
  SELECT tx_id INTO v_tx FROM inserted GROUP BY tx_id HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the entries of ledger transaction % do not sum to zero', v_tx;
  END IF;
  RETURN NULL;
END $function$;

-- 20261126134500_cheap_postings
-- The cast to text by hand: with the implicit one, which is not IMMUTABLE, this would be called instead of inlined.
CREATE OR REPLACE FUNCTION public.entry_id(p_account text, p_seq bigint)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT 'led_' || substr(md5(p_account || ':' || p_seq::text), 1, 26)
$function$;

-- 20261124000100_ledger
-- Adds to an organization's credits, or takes from them, against an account of the platform. The same key of the same
-- account does it once; `fresh` is false for a repeat, which answers what was entered the first time.
CREATE OR REPLACE FUNCTION public.grant_credits(p_account text, p_amount bigint, p_key text, p_reason text, p_actor text)
 RETURNS TABLE(entry text, amount bigint, fresh boolean)
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126134500_cheap_postings
-- All of these rows, or none; a row that is there already stays as it is.
CREATE OR REPLACE FUNCTION public.journal_append(p_session integer, p_rows jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM session_fence(p_session);
  INSERT INTO journal (session, n, records)
    SELECT p_session, (r ->> 'n')::bigint, r -> 'records' FROM jsonb_array_elements(p_rows) r ON CONFLICT DO NOTHING;
END $function$;

-- 20261126134500_cheap_postings
-- Takes the oldest rows of a session's journal, all of them for null: their records, and the first row that is left. Who
-- has the oldest row goes first; rows that two delete in different orders deadlock.
CREATE OR REPLACE FUNCTION public.journal_take(p_session integer, p_rows integer, OUT records jsonb[], OUT next_n bigint)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126041500_owed_and_unleased
-- A refill that gets nothing leaves the recall of those who miss something.
CREATE OR REPLACE FUNCTION public.lease_add(p_session integer, p_targets jsonb, p_live integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  WITH size AS (
    SELECT t.kind, t.target, lease_size(t.available, t.min, t.want, p_live) AS amount
    FROM jsonb_to_recordset(p_targets)
      AS t(kind "LeaseKind", target text, min numeric, want numeric, available numeric)
  ), granted AS (
    SELECT * FROM size WHERE amount > 0
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
END $function$;

-- 20261124000100_ledger
-- Returns what the node has free. Its holds and unposted charges are not free: that is the node's to know.
CREATE OR REPLACE FUNCTION public.lease_give_back(p_session integer, p_kind "LeaseKind", p_target text, p_amount numeric)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126235900_limits_meanwhile
-- Moves money into the session's leases: of all targets or of none. Each target says the least that it needs, the limit
-- of its period (null for credits, whose limit is the balance) and what would be welcome; the only session takes all,
-- others a quarter of their share. Nothing is granted of credits whose organization owes: a payment went back or is
-- disputed. The first row of a limit begins with what was charged in its period before; what is charged in a later period
-- and was not admitted under it counts where it was. Answers what each target got and had, what other sessions have
-- leased of it without holding it, and what is owed.
CREATE OR REPLACE FUNCTION public.lease_grant(p_session integer, p_targets jsonb)
 RETURNS TABLE(kind "LeaseKind", target text, granted numeric, available numeric, elsewhere numeric, owed numeric)
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_live int;
  v_fits boolean;
  v_targets jsonb;
BEGIN
  PERFORM session_fence(p_session);
  SELECT count(*) INTO v_live FROM node_session WHERE state = 'LIVE';
  PERFORM 1 FROM credit_account
    WHERE id IN (SELECT unnest(ARRAY[t ->> 'account', t ->> 'target']) FROM jsonb_array_elements(p_targets) t)
    ORDER BY id FOR NO KEY UPDATE;
  INSERT INTO allowance (id, subject, subject_id, period_start, number, spent, carried)
    SELECT t.target, t.subject, t."subjectId", t."periodStart", coalesce(t.number, 0), past.charged, past.charged
    FROM jsonb_to_recordset(p_targets)
      AS t(kind "LeaseKind", target text, subject "AllowanceSubject", "subjectId" text, number int,
        "periodStart" timestamptz),
    LATERAL (SELECT coalesce(sum(r.charged - r.refunded), 0) AS charged FROM rollup r WHERE r.hour >= t."periodStart"
      AND ((t.subject = 'API_KEY' AND r.api_key_id = t."subjectId")
        OR (t.subject = 'MEMBER' AND r.membership_id = t."subjectId"))
      AND NOT EXISTS (SELECT FROM allowance w WHERE w.subject = t.subject AND w.subject_id = t."subjectId"
        AND w.number = coalesce(t.number, 0) AND w.period_start < t."periodStart")) past
    WHERE t.kind = 'ALLOWANCE' AND NOT EXISTS (SELECT FROM allowance w WHERE w.id = t.target) ORDER BY t.target
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM allowance WHERE id IN (SELECT t ->> 'target' FROM jsonb_array_elements(p_targets) t)
    ORDER BY id FOR NO KEY UPDATE;

  SELECT jsonb_agg(to_jsonb(f)), bool_and(f.available >= f.min) INTO v_targets, v_fits FROM (
    SELECT t.kind, t.target, t.min, t.want, GREATEST(0, -coalesce(r.balance, 0)) AS owed,
      CASE WHEN r.balance < 0 THEN 0 ELSE GREATEST(0, coalesce(CASE t.kind
        WHEN 'ACCOUNT' THEN a.balance - a.leased ELSE t."limit" - w.spent - w.leased END, 0)) END AS available,
      CASE WHEN r.balance < 0 THEN 0 ELSE (SELECT coalesce(sum(l.amount - l.held), 0) FROM lease l
        WHERE l.kind = t.kind AND l.target = t.target AND l.session <> p_session) END AS elsewhere
    FROM jsonb_to_recordset(p_targets)
      AS t(kind "LeaseKind", target text, min numeric, want numeric, "limit" numeric)
    LEFT JOIN credit_account a ON t.kind = 'ACCOUNT' AND a.id = t.target
    LEFT JOIN credit_account r ON r.id = receivable_of(a.organization_id)
    LEFT JOIN allowance w ON t.kind = 'ALLOWANCE' AND w.id = t.target
  ) f;

  IF v_fits THEN
    PERFORM lease_add(p_session, v_targets, v_live);
  ELSE
    PERFORM lease_recall(v_targets);
  END IF;
  RETURN QUERY SELECT f.kind, f.target,
      CASE WHEN v_fits THEN lease_size(f.available, f.min, f.want, v_live) ELSE 0 END, f.available, f.elsewhere, f.owed
    FROM jsonb_to_recordset(v_targets) AS f(kind "LeaseKind", target text, min numeric, want numeric, available numeric,
      elsewhere numeric, owed numeric);
END $function$;

-- 20261126134500_cheap_postings
-- What the node says it holds, for display; never more than its lease, which may have shrunk since it looked.
CREATE OR REPLACE FUNCTION public.lease_note_held(p_session integer, p_held jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE lease l SET held = LEAST(l.amount, h.held)
  FROM jsonb_to_recordset(p_held) AS h(kind "LeaseKind", target text, held numeric)
  WHERE l.session = p_session AND l.kind = h.kind AND l.target = h.target
    AND l.held IS DISTINCT FROM LEAST(l.amount, h.held);
END $function$;

-- 20261124000100_ledger
-- Notes for everyone's next renewal that what is idle is missed here.
CREATE OR REPLACE FUNCTION public.lease_recall(p_targets jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE credit_account a SET recall_tick = c.tick
    FROM clock c, jsonb_to_recordset(p_targets) AS t(kind text, target text, min numeric, available numeric)
    WHERE t.kind = 'ACCOUNT' AND a.id = t.target AND t.available < t.min AND a.recall_tick IS DISTINCT FROM c.tick;
  UPDATE allowance a SET recall_tick = c.tick
    FROM clock c, jsonb_to_recordset(p_targets) AS t(kind text, target text, min numeric, available numeric)
    WHERE t.kind = 'ALLOWANCE' AND a.id = t.target AND t.available < t.min AND a.recall_tick IS DISTINCT FROM c.tick;
END $function$;

-- 20261126235900_limits_meanwhile
-- Frees what a record that cannot be posted had reserved, as far as it can be read and as the session has leased it.
CREATE OR REPLACE FUNCTION public.lease_release(p_session integer, p_record jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_charged numeric;
BEGIN
  v_charged := GREATEST(0, (p_record ->> 'charged')::numeric);
  WITH part AS (
    SELECT 'ACCOUNT'::"LeaseKind" AS kind, p_record ->> 'account' AS target
    UNION SELECT 'ALLOWANCE', a ->> 'id' FROM jsonb_array_elements(coalesce(p_record -> 'allowances', '[]')) a
      WHERE NOT a ? 'reserved'
  ), freed AS (
    SELECT l.kind, l.target, LEAST(l.amount, v_charged) AS amount
    FROM lease l JOIN part ON part.kind = l.kind AND part.target = l.target WHERE l.session = p_session
  ), shrunk AS (
    UPDATE lease l SET amount = l.amount - f.amount, held = GREATEST(0, l.held - f.amount)
    FROM freed f WHERE l.session = p_session AND l.kind = f.kind AND l.target = f.target
  ), account AS (
    UPDATE credit_account a SET leased = a.leased - f.amount FROM freed f WHERE f.kind = 'ACCOUNT' AND a.id = f.target
  )
  UPDATE allowance w SET leased = w.leased - f.amount FROM freed f WHERE f.kind = 'ALLOWANCE' AND w.id = f.target;
EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
  NULL; -- The end of the session frees it.
END $function$;

-- 20261126235900_limits_meanwhile
-- Frees what the posted charges had reserved, from the limits and from the session's leases, and counts the limits. A
-- charge of what the session has not leased is refused: what others have leased would pay for it. What a limit counts
-- without having reserved it may be leased: it comes back, to be granted by what is left.
CREATE OR REPLACE FUNCTION public.lease_settle(p_session integer, p_posted posting[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_unleased text;
BEGIN
  WITH part AS (
    SELECT 'ACCOUNT'::"LeaseKind" AS kind, account AS target, charged, reserved, false AS begun FROM unnest(p_posted)
    UNION ALL
    SELECT 'ALLOWANCE', a ->> 'id', charged, CASE WHEN a ? 'reserved' THEN 0 ELSE reserved END, a ? 'reserved'
      FROM unnest(p_posted), jsonb_array_elements(allowances) a
  ), settled AS (
    SELECT kind, target, sum(charged) AS charged, sum(reserved) AS reserved,
      bool_or(begun AND charged > 0) AS begun FROM part GROUP BY kind, target
  ), counted AS (
    UPDATE allowance w SET spent = w.spent + s.charged, leased = w.leased - s.reserved,
      recall_tick = CASE WHEN s.begun AND w.leased > s.reserved THEN (SELECT tick FROM clock) ELSE w.recall_tick END
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
END $function$;

-- 20261124000100_ledger
CREATE OR REPLACE FUNCTION public.lease_size(p_available numeric, p_min numeric, p_want numeric, p_live integer)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT CASE WHEN p_live <= 1 THEN p_available
    ELSE LEAST(p_available, GREATEST(p_min, p_want, floor(p_available / (4 * p_live)))) END
$function$;

-- 20261126134500_cheap_postings
-- Writes the entries of what was posted: one for each charge, one total for each provider and one for the fees, each
-- with its account's next sequence number and the balance after it; and moves the balances and frees what was leased
-- for them, in one update, since what is leased never exceeds the balance.
CREATE OR REPLACE FUNCTION public.ledger_enter(p_posted posting[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126010519_billing
-- What an idempotency key of an account entered before.
CREATE OR REPLACE FUNCTION public.ledger_entered(p_account text, p_key text)
 RETURNS TABLE(entry text, kind "LedgerKind", amount bigint, completion text)
 LANGUAGE sql
 STABLE
AS $function$
  SELECT e.id, e.kind, e.amount, e.completion_id FROM ledger_tx t JOIN entry e ON e.tx_id = t.id AND e.account_id = p_account
  WHERE t.key = p_key
$function$;

-- 20261126235900_limits_meanwhile
-- Everything that a posting will touch, in the one order. Unordered locks deadlock. Answers the records with all that
-- counts them.
CREATE OR REPLACE FUNCTION public.ledger_lock(p_session integer, p_records jsonb[], p_accounts text[], p_allowances text[])
 RETURNS jsonb[]
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_records jsonb[];
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

  v_records := records_counted(p_records);
  SELECT p_allowances || array_agg(DISTINCT a ->> 'id') INTO v_allowances
    FROM unnest(v_records) r, jsonb_array_elements(r -> 'allowances') a;
  PERFORM 1 FROM allowance WHERE id = ANY (v_allowances) ORDER BY id FOR NO KEY UPDATE;
  PERFORM 1 FROM lease WHERE session = p_session AND target = ANY (v_accounts || v_allowances)
    ORDER BY kind, target FOR NO KEY UPDATE;
  RETURN v_records;
END $function$;

-- 20261126010519_billing
-- One transaction of two entries. The accounts are locked by the caller.
CREATE OR REPLACE FUNCTION public.ledger_move(p_account text, p_counter text, p_kind "LedgerKind", p_amount bigint, p_tx jsonb)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_tx bigint;
BEGIN
  INSERT INTO ledger_tx (description, actor, key) VALUES (p_tx ->> 'description', p_tx ->> 'actor', p_tx ->> 'key')
    RETURNING id INTO v_tx;
  INSERT INTO entry (id, tx_id, account_id, seq, kind, amount, balance_after, completion_id, at)
    SELECT entry_id(m.account, a.seq + 1), v_tx, m.account, a.seq + 1, p_kind, m.amount, a.balance + m.amount,
      CASE WHEN m.account = p_account THEN p_tx ->> 'completion' END, clock_timestamp()
    FROM (VALUES (p_account, p_amount), (p_counter, -p_amount)) AS m(account, amount)
    LEFT JOIN credit_account a ON a.id = m.account;
  UPDATE credit_account a SET balance = a.balance + e.amount, seq = a.seq + 1
    FROM entry e WHERE e.tx_id = v_tx AND e.account_id = a.id;
  RETURN (SELECT id FROM entry WHERE tx_id = v_tx AND account_id = p_account);
END $function$;

-- 20261126235900_limits_meanwhile
-- Posts records of a live session: the embedded node, whose journal is a file, hands them over itself.
CREATE OR REPLACE FUNCTION public.ledger_post(p_session integer, p_records jsonb, p_held jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
DECLARE
  v_records jsonb[] := records_of(p_records);
  v_quarantined int;
BEGIN
  PERFORM session_fence(p_session);
  v_records := ledger_lock(p_session, v_records, '{}', '{}');
  v_quarantined := ledger_settle_halving(p_session, v_records, false);
  PERFORM lease_note_held(p_session, p_held);
  RETURN v_quarantined;
END $function$;

-- 20261126235900_limits_meanwhile
-- Posts the oldest journal rows of a live session; any node may. Answers the first row that is left, null when none is.
CREATE OR REPLACE FUNCTION public.ledger_post_journal(p_session integer, p_rows integer, p_held jsonb)
 RETURNS TABLE(quarantined integer, next_n bigint)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
DECLARE
  v_records jsonb[];
BEGIN
  PERFORM session_fence(p_session);
  SELECT t.records, t.next_n INTO v_records, next_n FROM journal_take(p_session, p_rows) t;
  v_records := ledger_lock(p_session, v_records, '{}', '{}');
  quarantined := ledger_settle_halving(p_session, v_records, false);
  PERFORM lease_note_held(p_session, p_held);
  RETURN NEXT;
END $function$;

-- 20261126235900_limits_meanwhile
-- Posts records of a session that is gone, one by one in their order: charged while the account has enough that is not
-- leased, else waived and paid by the platform. Never below zero, never stuck. Limits only count them.
CREATE OR REPLACE FUNCTION public.ledger_post_late(p_session integer, p_records jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
DECLARE
  v_records jsonb[] := records_of(p_records);
  v_record jsonb;
  v_quarantined int := 0;
BEGIN
  PERFORM 1 FROM node_session WHERE id = p_session AND state = 'LIVE' FOR KEY SHARE;
  IF FOUND THEN
    RAISE EXCEPTION 'session % is live: its records are not late', p_session;
  END IF;
  v_records := ledger_lock(p_session, v_records, '{}', '{}');
  FOREACH v_record IN ARRAY v_records LOOP
    v_quarantined := v_quarantined + ledger_settle_halving(p_session, ARRAY[v_record], true);
  END LOOP;
  RETURN v_quarantined;
END $function$;

-- 20261126134500_cheap_postings
-- Posts records whose rows are locked. Everything is derived from what was inserted, never from what was asked for, so
-- a record that comes again moves nothing. A late record (its session is gone, and with it its lease) reserves nothing
-- any more; the caller says in `p_unpaid` which ones no longer fit: the platform pays those.
CREATE OR REPLACE FUNCTION public.ledger_settle(p_session integer, p_records jsonb[], p_late boolean, p_unpaid text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126134500_cheap_postings
-- Posts what can be posted. A batch that fails is halved until the bad record stands alone; that one is set aside for an
-- operator and what it had reserved is freed, and the rest goes on. Answers how many were set aside. What may heal by
-- itself (a deadlock, a time-out) is no record's fault and is thrown: the whole statement is then tried again.
CREATE OR REPLACE FUNCTION public.ledger_settle_halving(p_session integer, p_records jsonb[], p_late boolean)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261124000100_ledger
-- What a record would no longer be paid by: its account has less than it charges.
CREATE OR REPLACE FUNCTION public.ledger_unpaid(p_record jsonb)
 RETURNS text[]
 LANGUAGE sql
 STABLE
AS $function$
  SELECT coalesce(array_agg(p_record ->> 'completion'), '{}') FROM credit_account a
  WHERE a.id = p_record ->> 'account' AND a.balance - a.leased < (p_record ->> 'charged')::numeric
$function$;

-- 20261126202053_limits_anew
CREATE OR REPLACE FUNCTION public.limit_begins_anew()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.limit_number := OLD.limit_number + 1;
  RETURN NEW;
END $function$;

-- 20261126010519_billing
-- Everything that a payment may touch, in the one order.
CREATE OR REPLACE FUNCTION public.purchase_lock(p_purchase text)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_account text;
  v_organization text;
BEGIN
  SELECT a.id, a.organization_id INTO v_account, v_organization
    FROM purchase p JOIN credit_account a ON a.organization_id = p.organization_id WHERE p.id = p_purchase;
  INSERT INTO credit_account (id, kind) SELECT receivable_of(v_organization), 'PLATFORM' WHERE v_account IS NOT NULL
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM credit_account WHERE id IN (v_account, 'platform:payments', receivable_of(v_organization))
    ORDER BY id FOR NO KEY UPDATE;
  PERFORM 1 FROM purchase WHERE id = p_purchase FOR NO KEY UPDATE;
  RETURN v_account;
END $function$;

-- 20261126010519_billing
-- A payment was made: credits it, once, however often and in whatever order that is told. What is owed is taken from it
-- first. Null when it was credited before, or when there is no such purchase.
CREATE OR REPLACE FUNCTION public.purchase_pay(p_purchase text, p_payment jsonb)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_account text := purchase_lock(p_purchase);
  v_row purchase;
  v_entry text;
BEGIN
  SELECT * INTO v_row FROM purchase WHERE id = p_purchase;
  UPDATE purchase SET payment_intent = coalesce(payment_intent, p_payment ->> 'intent'),
    checkout_session = coalesce(checkout_session, p_payment ->> 'session'),
    receipt = coalesce(p_payment -> 'receipt', receipt) WHERE id = p_purchase;
  IF v_account IS NULL OR v_row.entry_id IS NOT NULL THEN
    RETURN NULL;
  END IF;
  v_entry := ledger_move(v_account, 'platform:payments', 'PURCHASE', v_row.amount, jsonb_build_object('description',
    CASE WHEN v_row.automatic THEN 'Automatic top-up' ELSE 'Credits bought' END, 'actor', v_row.actor,
    'key', 'purchase:' || p_purchase));
  UPDATE purchase SET status = 'PAID', paid_at = clock_timestamp(), entry_id = v_entry, failure = NULL,
    receipt_number = nextval('receipt_number') WHERE id = p_purchase;
  UPDATE billing SET top_up_declines = 0, top_up_not_before = NULL
    WHERE organization_id = v_row.organization_id AND v_row.automatic;
  PERFORM receivable_settle(v_account, v_row.organization_id, v_row.amount);
  RETURN v_entry;
END $function$;

-- 20261126194757_what_went_back
-- A payment went back to the payer, in all or in part (`p_returned`, altogether), or is disputed (`p_dispute`: its id, its
-- amount now, and whether it has been decided). The organization owes it; its balance, which it may have spent, is not
-- touched, but nodes give back what they have free of it. Totals, not differences: the same news again, or older news,
-- changes nothing. What was paid for a dispute that is won comes back. Null when the payment has not been credited: the
-- news is to be told again when it has.
CREATE OR REPLACE FUNCTION public.purchase_return(p_purchase text, p_returned bigint, p_dispute jsonb)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_account text := purchase_lock(p_purchase);
  v_before purchase;
  v_after purchase;
  v_owed bigint;
BEGIN
  SELECT * INTO v_before FROM purchase WHERE id = p_purchase;
  IF v_account IS NULL OR v_before.entry_id IS NULL THEN
    RETURN NULL;
  END IF;
  v_after := v_before;
  IF NOT coalesce((v_before.disputes -> (p_dispute ->> 'id') ->> 'closed')::boolean, p_dispute IS NULL) THEN
    v_after.disputes := (v_before.disputes - '') || jsonb_build_object(p_dispute ->> 'id', p_dispute - 'id');
  END IF;
  UPDATE purchase p SET returned = GREATEST(p.returned, LEAST(p.amount, coalesce(p_returned, 0))),
    disputes = v_after.disputes, disputed = LEAST(p.amount,
      (SELECT coalesce(sum((d.value ->> 'amount')::bigint), 0) FROM jsonb_each(v_after.disputes) d)),
    status = CASE WHEN GREATEST(p.returned, coalesce(p_returned, 0)) >= p.amount THEN 'REFUNDED' ELSE p.status END
    WHERE p.id = p_purchase RETURNING * INTO v_after;
  v_owed := LEAST(v_after.amount, v_after.returned + v_after.disputed)
    - LEAST(v_before.amount, v_before.returned + v_before.disputed);
  IF v_owed <> 0 THEN
    PERFORM ledger_move(receivable_of(v_after.organization_id), 'platform:payments', 'ADJUSTMENT', -v_owed,
      jsonb_build_object('description', 'Payment ' || p_purchase || CASE WHEN v_owed > 0 THEN ' went back' ELSE ' is kept' END));
    PERFORM receivable_settle(v_account, v_after.organization_id, 0);
  END IF;
  IF v_owed > 0 THEN
    UPDATE credit_account a SET recall_tick = c.tick FROM clock c WHERE a.id = v_account;
  END IF;
  RETURN v_owed;
END $function$;

-- 20261127001500_lost_disputes
-- Takes what is owed for payments that went back from what is free in the account; a dispute that is lost is one of
-- them. What is still disputed waits for the next payment. Answers what of it the account has and could not be taken,
-- since it is leased; who asks for it has it recalled.
CREATE OR REPLACE FUNCTION public.receivable_collect(p_organization text)
 RETURNS numeric
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_account text;
  v_due numeric;
BEGIN
  SELECT id INTO v_account FROM credit_account WHERE organization_id = p_organization;
  PERFORM 1 FROM credit_account WHERE id IN (v_account, receivable_of(p_organization)) ORDER BY id FOR NO KEY UPDATE;
  SELECT LEAST(a.balance, -r.balance - undecided.amount) INTO v_due FROM credit_account a, credit_account r,
    LATERAL (
      SELECT coalesce(sum(LEAST(p.amount, p.returned + p.disputed) - LEAST(p.amount, p.returned + lost.amount)), 0) AS amount
      FROM purchase p, LATERAL (SELECT coalesce(sum((d.value ->> 'amount')::bigint), 0) AS amount
        FROM jsonb_each(p.disputes) d WHERE (d.value ->> 'closed')::boolean) lost
      WHERE p.organization_id = p_organization AND p.disputed > 0
    ) undecided
    WHERE a.id = v_account AND r.id = receivable_of(p_organization);
  IF coalesce(v_due, 0) <= 0 THEN
    RETURN 0;
  END IF;
  v_due := v_due - receivable_settle(v_account, p_organization, v_due);
  UPDATE credit_account a SET recall_tick = c.tick FROM clock c WHERE a.id = v_account AND v_due > 0;
  RETURN v_due;
END $function$;

-- 20261126010519_billing
CREATE OR REPLACE FUNCTION public.receivable_of(p_organization text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT 'receivable:' || p_organization
$function$;

-- 20261126194757_what_went_back
-- Takes what is owed from the account, `p_most` at most and never what is leased; what was taken and is owed no more goes
-- back to it. The accounts are locked by the caller. Answers what was taken.
CREATE OR REPLACE FUNCTION public.receivable_settle(p_account text, p_organization text, p_most numeric)
 RETURNS numeric
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_amount numeric;
BEGIN
  SELECT CASE WHEN r.balance > 0 THEN -r.balance ELSE GREATEST(0, LEAST(p_most, -r.balance, a.balance - a.leased)) END
    INTO v_amount FROM credit_account a, credit_account r
    WHERE a.id = p_account AND r.id = receivable_of(p_organization);
  IF coalesce(v_amount, 0) = 0 THEN
    RETURN 0;
  END IF;
  PERFORM ledger_move(p_account, receivable_of(p_organization), 'ADJUSTMENT', -v_amount::bigint,
    jsonb_build_object('description', CASE WHEN v_amount > 0 THEN 'Settles a payment that went back'
      ELSE 'Comes back for a payment that is kept' END));
  RETURN v_amount;
END $function$;

-- 20261126235900_limits_meanwhile
-- The records with all that counts them: beside the allowances in which their admission reserved, the newest one of
-- their key and of their member when it is of a limit that they were admitted without. Of that one nothing is reserved.
-- Rows are made and looked for behind the lock of the account, so none is made unseen.
CREATE OR REPLACE FUNCTION public.records_counted(p_records jsonb[])
 RETURNS jsonb[]
 LANGUAGE plpgsql
AS $function$
BEGIN
  RETURN ARRAY(
    SELECT CASE WHEN begun.allowances IS NULL THEN r
      ELSE jsonb_set(r, '{allowances}', coalesce(r -> 'allowances', '[]') || begun.allowances) END
    FROM unnest(p_records) WITH ORDINALITY AS given(r, number), LATERAL (
      SELECT jsonb_agg(jsonb_build_object('id', w.id, 'reserved', false)) AS allowances
      FROM (VALUES ('API_KEY'::"AllowanceSubject", r ->> 'apiKeyId'), ('MEMBER', r ->> 'membershipId'))
        AS s(subject, id),
      LATERAL (SELECT * FROM allowance WHERE subject = s.subject AND subject_id = s.id
        ORDER BY number DESC, period_start DESC LIMIT 1) w
      WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(r -> 'allowances') a JOIN allowance own ON own.id = a ->> 'id'
        WHERE own.subject = w.subject AND own.subject_id = w.subject_id AND own.number = w.number)
    ) begun ORDER BY given.number);
END $function$;

-- 20261126134500_cheap_postings
CREATE OR REPLACE FUNCTION public.records_of(p_records jsonb)
 RETURNS jsonb[]
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
BEGIN
  RETURN ARRAY(SELECT jsonb_array_elements(p_records));
END $function$;

-- 20261126134500_cheap_postings
-- Usage by hour and by day. Two nodes write different rows: the shard is the session's. Writers of one organization's
-- rows hold the lock of its account, so that the order in which they write them is of no account.
CREATE OR REPLACE FUNCTION public.rollup_add(p_session integer, p_completions completion[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

-- 20261126071000_day_rollup
CREATE OR REPLACE FUNCTION public.rollup_refund(p_row completion, p_amount bigint)
 RETURNS void
 LANGUAGE sql
AS $function$
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
$function$;

-- 20261124000100_ledger
-- False when the session was not live any more.
CREATE OR REPLACE FUNCTION public.session_close(p_session integer)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM 1 FROM node_session WHERE id = p_session AND state = 'LIVE' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM session_end(p_session, 'CLOSED');
  RETURN true;
END $function$;

-- 20261126235900_limits_meanwhile
-- Posts what the session acknowledged before anything that it had leased is free again: the other order would let the
-- same money be spent twice. The session's row is locked by the caller.
CREATE OR REPLACE FUNCTION public.session_end(p_session integer, p_state "SessionState")
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_records jsonb[] := (journal_take(p_session, NULL)).records;
BEGIN
  UPDATE node_session SET state = p_state, ended_at = clock_timestamp() WHERE id = p_session;
  v_records := ledger_lock(p_session, v_records,
    ARRAY(SELECT target FROM lease WHERE session = p_session AND kind = 'ACCOUNT'),
    ARRAY(SELECT target FROM lease WHERE session = p_session AND kind = 'ALLOWANCE'));
  PERFORM ledger_settle_halving(p_session, v_records, false);
  UPDATE credit_account a SET leased = a.leased - l.amount
    FROM lease l WHERE l.session = p_session AND l.kind = 'ACCOUNT' AND a.id = l.target;
  UPDATE allowance a SET leased = a.leased - l.amount
    FROM lease l WHERE l.session = p_session AND l.kind = 'ALLOWANCE' AND a.id = l.target;
  DELETE FROM lease WHERE session = p_session;
END $function$;

-- 20261124000100_ledger
-- The fence. Whoever moves money for a session holds this lock until it commits; a renewal does not wait for it, the
-- end of the session does.
CREATE OR REPLACE FUNCTION public.session_fence(p_session integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM 1 FROM node_session WHERE id = p_session AND state = 'LIVE' FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'session % is not live', p_session USING ERRCODE = 'BR001';
  END IF;
END $function$;

-- 20261124000100_ledger
CREATE OR REPLACE FUNCTION public.session_open(p_node text)
 RETURNS integer
 LANGUAGE sql
AS $function$
  INSERT INTO node_session (node, renewed_tick) SELECT p_node, tick FROM clock RETURNING id
$function$;

-- 20261124000100_ledger
-- Ends one session that has not renewed for 50 ticks and answers it; null when there is none. A session that is posting
-- at this moment is left for the next time.
CREATE OR REPLACE FUNCTION public.session_reap()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_session int;
BEGIN
  SELECT s.id INTO v_session FROM node_session s, clock c
    WHERE s.state = 'LIVE' AND c.tick - s.renewed_tick > 50 ORDER BY s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED;
  IF FOUND THEN
    PERFORM session_end(v_session, 'DEAD');
  END IF;
  RETURN v_session;
END $function$;

-- 20261124000100_ledger
-- What others miss and this session has leased.
CREATE OR REPLACE FUNCTION public.session_recalls(p_session integer, p_tick bigint)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  SELECT coalesce(jsonb_agg(jsonb_build_object('kind', l.kind, 'target', l.target)), '[]')
  FROM (
    SELECT 'ACCOUNT'::"LeaseKind" AS kind, id FROM credit_account WHERE recall_tick >= p_tick - 2
    UNION ALL
    SELECT 'ALLOWANCE', id FROM allowance WHERE recall_tick >= p_tick - 2
  ) missed
  JOIN lease l ON l.session = p_session AND l.kind = missed.kind AND l.target = missed.id
$function$;

-- 20261126021800_ticks
-- A node renews every second, give or take what the network takes: with a tick that waits for a whole second every other
-- renewal of a lone survivor came too early and the dead were found after 100 s instead of 50. 51 ticks of 0.95 s are
-- still longer than the 45 s for which a node admits. A database whose clock is set back must not stand still either.
CREATE OR REPLACE FUNCTION public.session_renew(p_session integer, p_ack_change bigint, p_held jsonb)
 RETURNS TABLE(tick bigint, database_time timestamp with time zone, change_number bigint, live integer[], recalls jsonb)
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE clock c SET tick = c.tick + 1, at = clock_timestamp()
    WHERE c.id = 1 AND (c.at <= clock_timestamp() - interval '950 milliseconds'
      OR c.at > clock_timestamp() + interval '1 second');
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
END $function$;

-- 20261126010519_billing
-- The payment of an attempt was refused: waits 10 minutes, then 20; after the third time it is switched off, with why.
-- Answers whether this news was new.
CREATE OR REPLACE FUNCTION public.top_up_decline(p_purchase text, p_reason text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_organization text;
BEGIN
  PERFORM 1 FROM billing b JOIN purchase p ON p.organization_id = b.organization_id
    WHERE p.id = p_purchase FOR UPDATE OF b;
  UPDATE purchase SET status = 'FAILED', failure = p_reason
    WHERE id = p_purchase AND automatic AND status = 'OPEN' RETURNING organization_id INTO v_organization;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE billing b SET top_up_declines = b.top_up_declines + 1,
    top_up_not_before = clock_timestamp() + interval '10 minutes' * power(2, b.top_up_declines),
    top_up_disabled_reason = CASE WHEN b.top_up_declines >= 2 THEN p_reason END
    WHERE b.organization_id = v_organization;
  INSERT INTO credit_alert (id, organization_id, kind, at, amount, occasion)
    SELECT 'alt_' || substr(md5(p_purchase), 1, 26), b.organization_id, 'TOP_UP_DISABLED', clock_timestamp(),
      (SELECT amount FROM purchase WHERE id = p_purchase), 'top-up:' || p_purchase
    FROM billing b WHERE b.organization_id = v_organization AND b.top_up_disabled_reason IS NOT NULL;
  RETURN true;
END $function$;

-- 20261126010519_billing
-- Opens an attempt where the credits that are not held have fallen below the threshold: at most one at a time, not while
-- backing off, and within the month's maximum. The row of `billing` is the lock. Null when there is nothing to do.
CREATE OR REPLACE FUNCTION public.top_up_open(p_organization text, p_purchase text, p_held numeric)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_row billing;
  v_month numeric;
BEGIN
  SELECT * INTO v_row FROM billing WHERE organization_id = p_organization FOR UPDATE;
  IF v_row.top_up_amount IS NULL OR v_row.payment_method IS NULL OR v_row.top_up_disabled_reason IS NOT NULL
    OR v_row.top_up_not_before > clock_timestamp()
    OR EXISTS (SELECT FROM purchase WHERE organization_id = p_organization AND automatic AND status = 'OPEN')
    OR NOT EXISTS (SELECT FROM credit_account WHERE organization_id = p_organization
      AND balance - p_held < v_row.top_up_threshold) THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(sum(amount), 0) INTO v_month FROM purchase WHERE organization_id = p_organization AND automatic
    AND status IN ('PAID', 'REFUNDED') AND paid_at >= date_trunc('month', clock_timestamp(), 'UTC');
  IF v_month + v_row.top_up_amount > v_row.top_up_monthly_maximum THEN
    RETURN NULL;
  END IF;
  INSERT INTO purchase (id, organization_id, amount, automatic, created_at)
    VALUES (p_purchase, p_organization, v_row.top_up_amount, true, clock_timestamp());
  RETURN v_row.top_up_amount;
END $function$;
