-- A limit that begins while completions run that were admitted without it counts them when they are posted, and what
-- nodes have leased of it comes back.

-- DropIndex
DROP INDEX "allowance_subject_subject_id_period_start_number_key";

-- CreateIndex
CREATE UNIQUE INDEX "allowance_subject_subject_id_number_period_start_key" ON "allowance"("subject", "subject_id", "number", "period_start");

DROP FUNCTION ledger_lock(int, jsonb[], text[], text[]);

-- The records with all that counts them: beside the allowances in which their admission reserved, the newest one of
-- their key and of their member when it is of a limit that they were admitted without. Of that one nothing is reserved.
-- Rows are made and looked for behind the lock of the account, so none is made unseen.
CREATE FUNCTION records_counted(p_records jsonb[]) RETURNS jsonb[] LANGUAGE plpgsql AS $$
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
END $$;

-- Everything that a posting will touch, in the one order. Unordered locks deadlock. Answers the records with all that
-- counts them.
CREATE FUNCTION ledger_lock(p_session int, p_records jsonb[], p_accounts text[], p_allowances text[])
RETURNS jsonb[] LANGUAGE plpgsql AS $$
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
END $$;

-- Frees what the posted charges had reserved, from the limits and from the session's leases, and counts the limits. A
-- charge of what the session has not leased is refused: what others have leased would pay for it. What a limit counts
-- without having reserved it may be leased: it comes back, to be granted by what is left.
CREATE OR REPLACE FUNCTION lease_settle(p_session int, p_posted posting[]) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Frees what a record that cannot be posted had reserved, as far as it can be read and as the session has leased it.
CREATE OR REPLACE FUNCTION lease_release(p_session int, p_record jsonb) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Posts records of a live session: the embedded node, whose journal is a file, hands them over itself.
CREATE OR REPLACE FUNCTION ledger_post(p_session int, p_records jsonb, p_held jsonb) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_records jsonb[] := records_of(p_records);
  v_quarantined int;
BEGIN
  PERFORM session_fence(p_session);
  v_records := ledger_lock(p_session, v_records, '{}', '{}');
  v_quarantined := ledger_settle_halving(p_session, v_records, false);
  PERFORM lease_note_held(p_session, p_held);
  RETURN v_quarantined;
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
  v_records := ledger_lock(p_session, v_records, '{}', '{}');
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
  v_records := ledger_lock(p_session, v_records, '{}', '{}');
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
  v_records := ledger_lock(p_session, v_records,
    ARRAY(SELECT target FROM lease WHERE session = p_session AND kind = 'ACCOUNT'),
    ARRAY(SELECT target FROM lease WHERE session = p_session AND kind = 'ALLOWANCE'));
  PERFORM ledger_settle_halving(p_session, v_records, false);
  UPDATE credit_account a SET leased = a.leased - l.amount
    FROM lease l WHERE l.session = p_session AND l.kind = 'ACCOUNT' AND a.id = l.target;
  UPDATE allowance a SET leased = a.leased - l.amount
    FROM lease l WHERE l.session = p_session AND l.kind = 'ALLOWANCE' AND a.id = l.target;
  DELETE FROM lease WHERE session = p_session;
END $$;

-- Moves money into the session's leases: of all targets or of none. Each target says the least that it needs, the limit
-- of its period (null for credits, whose limit is the balance) and what would be welcome; the only session takes all,
-- others a quarter of their share. Nothing is granted of credits whose organization owes: a payment went back or is
-- disputed. The first row of a limit begins with what was charged in its period before; what is charged in a later period
-- and was not admitted under it counts where it was. Answers what each target got and had, what other sessions have
-- leased of it without holding it, and what is owed.
CREATE OR REPLACE FUNCTION lease_grant(p_session int, p_targets jsonb)
RETURNS TABLE (kind "LeaseKind", target text, granted numeric, available numeric, elsewhere numeric, owed numeric)
LANGUAGE plpgsql AS $$
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
END $$;
