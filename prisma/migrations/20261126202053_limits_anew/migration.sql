-- What a key or a member spent while there was no limit, or while another period counted, is part of what the next limit
-- counts: each limit that begins anew has rows of its own, and a new row begins with what was charged in its period.

-- DropIndex
DROP INDEX "allowance_subject_subject_id_period_start_key";

-- AlterTable
ALTER TABLE "allowance" ADD COLUMN     "number" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "api_key" ADD COLUMN     "limit_number" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "membership" ADD COLUMN     "budget_number" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE UNIQUE INDEX "allowance_subject_subject_id_period_start_number_key" ON "allowance"("subject", "subject_id", "period_start", "number");

CREATE FUNCTION limit_begins_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.limit_number := OLD.limit_number + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER limit_begins_anew BEFORE UPDATE OF credit_limit, limit_period ON "api_key" FOR EACH ROW
  WHEN (NEW.limit_period <> OLD.limit_period OR (OLD.credit_limit IS NULL AND NEW.credit_limit IS NOT NULL))
  EXECUTE FUNCTION limit_begins_anew();

CREATE FUNCTION budget_begins_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.budget_number := OLD.budget_number + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER budget_begins_anew BEFORE UPDATE OF monthly_budget ON "membership" FOR EACH ROW
  WHEN (OLD.monthly_budget IS NULL AND NEW.monthly_budget IS NOT NULL)
  EXECUTE FUNCTION budget_begins_anew();

-- Moves money into the session's leases: of all targets or of none. Each target says the least that it needs, the limit
-- of its period (null for credits, whose limit is the balance) and what would be welcome; the only session takes all,
-- others a quarter of their share. Nothing is granted of credits whose organization owes: a payment went back or is
-- disputed. Answers what each target got and had, what other sessions have leased of it without holding it, and what is
-- owed.
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
  PERFORM 1 FROM credit_account WHERE id IN (SELECT t ->> 'target' FROM jsonb_array_elements(p_targets) t)
    ORDER BY id FOR NO KEY UPDATE;
  INSERT INTO allowance (id, subject, subject_id, period_start, number, spent, carried)
    SELECT t.target, t.subject, t."subjectId", t."periodStart", coalesce(t.number, 0), past.charged, past.charged
    FROM jsonb_to_recordset(p_targets)
      AS t(kind "LeaseKind", target text, subject "AllowanceSubject", "subjectId" text, number int,
        "periodStart" timestamptz),
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
