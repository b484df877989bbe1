-- What a limit counts is what is told of it: also for what began in one period and ended in the next, and for what is
-- refunded that was charged before there was the limit.

-- What was charged in a period before its limit began: the first row of a limit begins with it, later ones with nothing.
-- Of no limit (a null number) it is all that was charged.
CREATE FUNCTION charged_before_limit(p_subject "AllowanceSubject", p_subject_id text, p_number int, p_period timestamptz)
RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(r.charged - r.refunded), 0) FROM rollup r WHERE r.hour >= p_period
    AND ((p_subject = 'API_KEY' AND r.api_key_id = p_subject_id)
      OR (p_subject = 'MEMBER' AND r.membership_id = p_subject_id))
    AND NOT EXISTS (SELECT FROM allowance w WHERE w.subject = p_subject AND w.subject_id = p_subject_id
      AND w.number = p_number AND w.period_start < p_period)
$$;

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
    charged_before_limit(t.subject, t."subjectId", coalesce(t.number, 0), t."periodStart") AS past(charged)
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

-- The allowances that began with this charge: the first ones of the limits that its key and its member have now, where
-- those limits do not count it otherwise.
CREATE FUNCTION allowances_carrying(p_row completion) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(first.id), '{}')
  FROM (VALUES ('API_KEY'::"AllowanceSubject", p_row.api_key_id), ('MEMBER', p_row.membership_id)) AS s(subject, id),
  LATERAL (SELECT * FROM allowance WHERE subject = s.subject AND subject_id = s.id
    ORDER BY number DESC, period_start LIMIT 1) first
  WHERE first.period_start <= p_row.finished_at
    AND NOT EXISTS (SELECT FROM jsonb_array_elements(p_row.allowances) a JOIN allowance own ON own.id = a ->> 'id'
      WHERE own.subject = first.subject AND own.subject_id = first.subject_id AND own.number = first.number)
$$;

-- Gives back all or part of what a completion was charged: null is all that is left of it. It lowers what the limits
-- that count it have spent, and stands as refunded in the usage of its own hour. The platform bears it. Answers no row
-- without such a completion; a null entry when more is asked for than is left.
CREATE OR REPLACE FUNCTION completion_refund(p_completion text, p_amount bigint, p_key text, p_reason text, p_actor text)
RETURNS TABLE (entry text, completion text, amount bigint, remaining bigint, organization text) LANGUAGE plpgsql AS $$
DECLARE
  v_account text;
  v_key text;
  v_row completion;
  v_carrying text[];
  v_amount bigint;
BEGIN
  SELECT a.id INTO v_account FROM completion c JOIN credit_account a ON a.organization_id = c.organization_id
    WHERE c.id = p_completion;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  v_key := v_account || ':' || p_key;
  PERFORM 1 FROM credit_account WHERE id IN (v_account, 'platform:refunds') ORDER BY id FOR NO KEY UPDATE;
  SELECT * INTO v_row FROM completion c WHERE c.id = p_completion;
  v_carrying := allowances_carrying(v_row);
  PERFORM 1 FROM allowance WHERE id = ANY (v_carrying)
    OR id IN (SELECT a ->> 'id' FROM jsonb_array_elements(v_row.allowances) a) ORDER BY id FOR NO KEY UPDATE;
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
  UPDATE allowance w SET spent = w.spent - v_amount, carried = w.carried - v_amount
    WHERE w.id = ANY (v_carrying) AND w.carried >= v_amount;
  PERFORM rollup_refund(v_row, v_amount);
  RETURN QUERY SELECT ledger_move(v_account, 'platform:refunds', 'REFUND', v_amount, jsonb_build_object('description',
    p_reason, 'actor', p_actor, 'key', v_key, 'completion', p_completion)), p_completion, v_amount,
    v_row.charged - v_row.refunded - v_amount, v_row.organization_id;
END $$;
