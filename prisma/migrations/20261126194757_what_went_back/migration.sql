-- What went back to a payer is taken as soon as nodes have given it back; what was paid for a dispute that is won comes
-- back; and each dispute of a payment counts for itself.

-- AlterTable
ALTER TABLE "purchase" ADD COLUMN     "disputes" JSONB NOT NULL DEFAULT '{}';

-- Whose dispute it was is not known any more: the first one that is told of takes its place.
UPDATE "purchase" SET disputes = jsonb_build_object('', jsonb_build_object('amount', disputed, 'closed', dispute_closed))
  WHERE disputed > 0 OR dispute_closed;

ALTER TABLE "purchase" DROP COLUMN "dispute_closed";

-- The few that may still be owed are found without reading all.
CREATE INDEX "purchase_went_back" ON "purchase" (organization_id) WHERE returned > 0 OR disputed > 0;

DROP FUNCTION purchase_return(text, bigint, bigint, boolean);
DROP FUNCTION receivable_collect(text);
DROP FUNCTION receivable_settle(text, text, numeric);

-- Takes what is owed from the account, `p_most` at most and never what is leased; what was taken and is owed no more goes
-- back to it. The accounts are locked by the caller. Answers what was taken.
CREATE FUNCTION receivable_settle(p_account text, p_organization text, p_most numeric) RETURNS numeric LANGUAGE plpgsql AS $$
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
END $$;

-- A payment went back to the payer, in all or in part (`p_returned`, altogether), or is disputed (`p_dispute`: its id, its
-- amount now, and whether it has been decided). The organization owes it; its balance, which it may have spent, is not
-- touched, but nodes give back what they have free of it. Totals, not differences: the same news again, or older news,
-- changes nothing. What was paid for a dispute that is won comes back. Null when the payment has not been credited: the
-- news is to be told again when it has.
CREATE FUNCTION purchase_return(p_purchase text, p_returned bigint, p_dispute jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
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
END $$;

-- Takes what is owed for payments that went back from what is free in the account. What is disputed waits for the next
-- payment. Answers what of it the account has and could not be taken, since it is leased; who asks for it has it recalled.
CREATE FUNCTION receivable_collect(p_organization text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  v_account text;
  v_due numeric;
BEGIN
  SELECT id INTO v_account FROM credit_account WHERE organization_id = p_organization;
  PERFORM 1 FROM credit_account WHERE id IN (v_account, receivable_of(p_organization)) ORDER BY id FOR NO KEY UPDATE;
  SELECT LEAST(a.balance, -r.balance - disputed.amount) INTO v_due FROM credit_account a, credit_account r,
    LATERAL (SELECT coalesce(sum(LEAST(p.amount, p.returned + p.disputed) - p.returned), 0) AS amount FROM purchase p
      WHERE p.organization_id = p_organization AND p.disputed > 0) disputed
    WHERE a.id = v_account AND r.id = receivable_of(p_organization);
  IF coalesce(v_due, 0) <= 0 THEN
    RETURN 0;
  END IF;
  v_due := v_due - receivable_settle(v_account, p_organization, v_due);
  UPDATE credit_account a SET recall_tick = c.tick FROM clock c WHERE a.id = v_account AND v_due > 0;
  RETURN v_due;
END $$;

-- What was taken for disputes that have been won.
DO $$
BEGIN
  PERFORM receivable_settle(a.id, a.organization_id, 0)
    FROM credit_account a JOIN credit_account r ON r.id = receivable_of(a.organization_id) WHERE r.balance > 0;
END $$;
