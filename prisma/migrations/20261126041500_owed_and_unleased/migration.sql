-- What an organization owes blocks new grants, and a posting spends what its session has leased and nothing else.

DROP FUNCTION lease_grant(int, jsonb);

-- Moves money into the session's leases: of all targets or of none. Each target says the least that it needs, the limit
-- of its period (null for credits, whose limit is the balance) and what would be welcome; the only session takes all,
-- others a quarter of their share. Nothing is granted of credits whose organization owes: a payment went back or is
-- disputed. Answers what each target got and had, what other sessions have leased of it without holding it, and what is
-- owed.
CREATE FUNCTION lease_grant(p_session int, p_targets jsonb)
RETURNS TABLE (kind "LeaseKind", target text, granted numeric, available numeric, elsewhere numeric, owed numeric)
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

-- A refill that gets nothing leaves the recall of those who miss something.
CREATE OR REPLACE FUNCTION lease_add(p_session int, p_targets jsonb, p_live int) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Frees what the posted charges had reserved, from the limits and from the session's leases, and counts the limits. A
-- charge of what the session has not leased is refused: what others have leased would pay for it.
CREATE OR REPLACE FUNCTION lease_settle(p_session int, p_posted jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_unleased text;
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
  ), shrunk AS (
    UPDATE lease l SET amount = l.amount - s.reserved, held = GREATEST(0, l.held - s.reserved)
      FROM settled s WHERE l.session = p_session AND l.kind = s.kind AND l.target = s.target
      RETURNING l.kind, l.target
  )
  SELECT s.target INTO v_unleased FROM settled s
    WHERE NOT EXISTS (SELECT FROM shrunk u WHERE u.kind = s.kind AND u.target = s.target) LIMIT 1;
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

-- A payment went back to the payer, in all or in part, or is disputed. The organization owes it; its balance, which it
-- may have spent, is not touched, but nodes give back what they have free of it. Totals, not differences: the same news
-- again, or older news, changes nothing.
CREATE OR REPLACE FUNCTION purchase_return(p_purchase text, p_returned bigint, p_disputed bigint, p_closed boolean)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_account text := purchase_lock(p_purchase);
  v_before purchase;
  v_after purchase;
  v_owed bigint;
BEGIN
  SELECT * INTO v_before FROM purchase WHERE id = p_purchase;
  IF v_account IS NULL OR v_before.entry_id IS NULL THEN
    RETURN 0;
  END IF;
  UPDATE purchase p SET returned = GREATEST(p.returned, LEAST(p.amount, coalesce(p_returned, 0))),
    disputed = CASE WHEN p.dispute_closed OR p_disputed IS NULL THEN p.disputed ELSE LEAST(p.amount, p_disputed) END,
    dispute_closed = p.dispute_closed OR coalesce(p_closed, false),
    status = CASE WHEN GREATEST(p.returned, coalesce(p_returned, 0)) >= p.amount THEN 'REFUNDED' ELSE p.status END
    WHERE p.id = p_purchase RETURNING * INTO v_after;
  v_owed := LEAST(v_after.amount, v_after.returned + v_after.disputed)
    - LEAST(v_before.amount, v_before.returned + v_before.disputed);
  IF v_owed <> 0 THEN
    PERFORM ledger_move(receivable_of(v_after.organization_id), 'platform:payments', 'ADJUSTMENT', -v_owed,
      jsonb_build_object('description', 'Payment ' || p_purchase || CASE WHEN v_owed > 0 THEN ' went back' ELSE ' is kept' END));
  END IF;
  IF v_owed > 0 THEN
    UPDATE credit_account a SET recall_tick = c.tick FROM clock c WHERE a.id = v_account;
  END IF;
  RETURN v_owed;
END $$;
