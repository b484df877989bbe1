-- A refund that failed at the payment provider stays with us: what it took of the credits comes back.

-- AlterTable
ALTER TABLE "purchase" ADD COLUMN     "refunds" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "returned_told" BIGINT NOT NULL DEFAULT 0;

UPDATE "purchase" SET returned_told = returned WHERE returned > 0;

DROP FUNCTION purchase_return(text, bigint, jsonb);

-- What is known by id of refunds or disputes, with what was told of one of them: `{ id, … }`. One that has come to its end
-- (`p_end`) stays as it is. The first one that is told of takes the place of one whose id is not known.
CREATE FUNCTION told_by_id(p_before jsonb, p_told jsonb, p_end text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN coalesce((p_before -> (p_told ->> 'id') ->> p_end)::boolean, p_told IS NULL) THEN p_before
    ELSE (p_before - '') || jsonb_build_object(p_told ->> 'id', p_told - 'id') END
$$;

-- A payment went back to the payer, in all or in part (`returned`: the greatest total that was told, or a `refund`: its
-- id, its amount, and whether it failed), or is disputed (`dispute`: its id, its amount now, and whether it has been
-- decided). The organization owes it; its balance, which it may have spent, is not touched, but nodes give back what they
-- have free of it. Totals, not differences: the same news again, or older news, changes nothing. A total may or may not
-- leave out what failed, and not each refund need be told of by itself: neither the refunds that are known not to have
-- failed nor the total less those that have is more than what went back, so that the greater of them is it. What was
-- taken for a dispute that is won or a refund that failed comes back. Null when the payment has not been credited.
CREATE FUNCTION purchase_return(p_purchase text, p_news jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
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
  v_after.returned_told := GREATEST(v_before.returned_told, (p_news ->> 'returned')::bigint);
  v_after.refunds := told_by_id(v_before.refunds, p_news -> 'refund', 'failed');
  v_after.disputes := told_by_id(v_before.disputes, p_news -> 'dispute', 'closed');
  SELECT LEAST(v_before.amount, GREATEST(
      coalesce(sum((r.value ->> 'amount')::bigint) FILTER (WHERE NOT (r.value ->> 'failed')::boolean), 0),
      v_after.returned_told - coalesce(sum((r.value ->> 'amount')::bigint) FILTER (WHERE (r.value ->> 'failed')::boolean), 0)))
    INTO v_after.returned FROM jsonb_each(v_after.refunds) r;
  UPDATE purchase p SET returned = v_after.returned, returned_told = v_after.returned_told, refunds = v_after.refunds,
    disputes = v_after.disputes, disputed = LEAST(p.amount,
      (SELECT coalesce(sum((d.value ->> 'amount')::bigint), 0) FROM jsonb_each(v_after.disputes) d)),
    status = CASE WHEN v_after.returned >= p.amount THEN 'REFUNDED'
      WHEN p.status = 'REFUNDED' THEN 'PAID' ELSE p.status END
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
