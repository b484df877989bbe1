-- Who pays is asked of the payment provider as it was the first time, whoever has paid meanwhile: under one idempotency
-- key it answers one question.

-- AlterTable
ALTER TABLE "purchase" ADD COLUMN     "customer" TEXT,
ADD COLUMN     "payment_method" TEXT;

UPDATE purchase p SET customer = b.customer, payment_method = b.payment_method FROM billing b
  WHERE b.organization_id = p.organization_id AND p.automatic AND p.status = 'OPEN';

-- Opens an attempt where the credits that are not held have fallen below the threshold: at most one at a time, not while
-- backing off, and within the month's maximum. The row of `billing` is the lock. Null when there is nothing to do.
CREATE OR REPLACE FUNCTION top_up_open(p_organization text, p_purchase text, p_held numeric) RETURNS bigint LANGUAGE plpgsql AS $$
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
  INSERT INTO purchase (id, organization_id, amount, automatic, created_at, customer, payment_method)
    VALUES (p_purchase, p_organization, v_row.top_up_amount, true, clock_timestamp(), v_row.customer, v_row.payment_method);
  RETURN v_row.top_up_amount;
END $$;
