-- A dispute that is lost is a payment that went back: it is taken of what the account has, and does not wait for the next
-- payment.

-- Takes what is owed for payments that went back from what is free in the account; a dispute that is lost is one of
-- them. What is still disputed waits for the next payment. Answers what of it the account has and could not be taken,
-- since it is leased; who asks for it has it recalled.
CREATE OR REPLACE FUNCTION receivable_collect(p_organization text) RETURNS numeric LANGUAGE plpgsql AS $$
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
END $$;
