-- Money that is not usage: bought, given back, corrected, owed; and completions in partitions that are dropped whole.

-- CreateEnum
CREATE TYPE "PurchaseStatus" AS ENUM ('OPEN', 'PAID', 'FAILED', 'EXPIRED', 'REFUNDED');

-- CreateEnum
CREATE TYPE "CreditAlertKind" AS ENUM ('LOW_BALANCE', 'MEMBER_BUDGET', 'KEY_LIMIT', 'TOP_UP_DISABLED');

-- CreateTable
CREATE TABLE "purchase" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "status" "PurchaseStatus" NOT NULL DEFAULT 'OPEN',
    "automatic" BOOLEAN NOT NULL DEFAULT false,
    "actor" TEXT,
    "idempotency_key" TEXT,
    "return_url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "paid_at" TIMESTAMPTZ(3),
    "checkout_session" TEXT,
    "checkout_url" TEXT,
    "payment_intent" TEXT,
    "entry_id" TEXT,
    "receipt_number" BIGINT,
    "receipt" JSONB,
    "returned" BIGINT NOT NULL DEFAULT 0,
    "disputed" BIGINT NOT NULL DEFAULT 0,
    "dispute_closed" BOOLEAN NOT NULL DEFAULT false,
    "failure" TEXT,

    CONSTRAINT "purchase_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "billing" (
    "organization_id" TEXT NOT NULL,
    "customer" TEXT,
    "payment_method" TEXT,
    "top_up_threshold" BIGINT,
    "top_up_amount" BIGINT,
    "top_up_monthly_maximum" BIGINT,
    "top_up_disabled_reason" TEXT,
    "top_up_declines" INTEGER NOT NULL DEFAULT 0,
    "top_up_not_before" TIMESTAMPTZ(3),
    "alert_thresholds" BIGINT[] DEFAULT ARRAY[]::BIGINT[],
    "alerted" BIGINT[] DEFAULT ARRAY[]::BIGINT[],

    CONSTRAINT "billing_pkey" PRIMARY KEY ("organization_id")
);

-- CreateTable
CREATE TABLE "credit_alert" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "kind" "CreditAlertKind" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "threshold" BIGINT,
    "amount" BIGINT,
    "subject" TEXT,
    "occasion" TEXT,

    CONSTRAINT "credit_alert_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "purchase_checkout_session_key" ON "purchase"("checkout_session");

-- CreateIndex
CREATE UNIQUE INDEX "purchase_payment_intent_key" ON "purchase"("payment_intent");

-- CreateIndex
CREATE UNIQUE INDEX "purchase_entry_id_key" ON "purchase"("entry_id");

-- CreateIndex
CREATE UNIQUE INDEX "purchase_receipt_number_key" ON "purchase"("receipt_number");

-- CreateIndex
CREATE INDEX "purchase_organization_id_created_at_id_idx" ON "purchase"("organization_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "purchase_organization_id_idempotency_key_key" ON "purchase"("organization_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "billing_customer_key" ON "billing"("customer");

-- CreateIndex
CREATE INDEX "credit_alert_organization_id_at_id_idx" ON "credit_alert"("organization_id", "at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "credit_alert_organization_id_occasion_key" ON "credit_alert"("organization_id", "occasion");

-- AddForeignKey
ALTER TABLE "purchase" ADD CONSTRAINT "purchase_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "billing" ADD CONSTRAINT "billing_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_alert" ADD CONSTRAINT "credit_alert_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- CreateIndex
CREATE INDEX "entry_account_id_at_idx" ON "entry"("account_id", "at");

-- A few purchases among millions of charges are found without reading the charges.
CREATE INDEX "entry_not_usage" ON "entry" (account_id, seq) WHERE kind <> 'USAGE';

-- CreateTable
CREATE TABLE "completion_kept" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "from" TEXT NOT NULL,

    CONSTRAINT "completion_kept_pkey" PRIMARY KEY ("id")
);

-- ───────── what is always true ─────────

ALTER TABLE "purchase"
  ADD CONSTRAINT "purchase_amount_positive" CHECK (amount > 0),
  ADD CONSTRAINT "purchase_paid_once_entered" CHECK ((status IN ('PAID', 'REFUNDED')) = (entry_id IS NOT NULL)),
  ADD CONSTRAINT "purchase_goes_back_at_most_whole" CHECK (returned >= 0 AND returned <= amount AND disputed >= 0 AND disputed <= amount);

ALTER TABLE "billing"
  ADD CONSTRAINT "billing_top_up_whole" CHECK ((top_up_threshold IS NULL) = (top_up_amount IS NULL)),
  ADD CONSTRAINT "billing_top_up_positive" CHECK (top_up_threshold >= 0 AND top_up_amount > 0 AND top_up_monthly_maximum > 0);

-- At most one attempt at a time.
CREATE UNIQUE INDEX "purchase_one_top_up_at_a_time" ON "purchase" (organization_id) WHERE automatic AND status = 'OPEN';

CREATE SEQUENCE "receipt_number";

INSERT INTO "credit_account" (id, kind) VALUES
  ('platform:payments', 'PLATFORM'), ('platform:refunds', 'PLATFORM'), ('platform:adjustments', 'PLATFORM');

-- ───────── movements ─────────

-- One transaction of two entries. The accounts are locked by the caller.
CREATE FUNCTION ledger_move(p_account text, p_counter text, p_kind "LedgerKind", p_amount bigint, p_tx jsonb)
RETURNS text LANGUAGE plpgsql AS $$
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
END $$;

-- What an idempotency key of an account entered before.
CREATE FUNCTION ledger_entered(p_account text, p_key text)
RETURNS TABLE (entry text, kind "LedgerKind", amount bigint, completion text) LANGUAGE sql STABLE AS $$
  SELECT e.id, e.kind, e.amount, e.completion_id FROM ledger_tx t JOIN entry e ON e.tx_id = t.id AND e.account_id = p_account
  WHERE t.key = p_key
$$;

-- Corrects a balance, with a reason. What is taken must not be leased: else nothing is entered and `available` says what
-- there is. Answers what the key entered the first time when it is used again.
CREATE FUNCTION credits_adjust(p_account text, p_amount bigint, p_key text, p_reason text, p_actor text)
RETURNS TABLE (entry text, kind "LedgerKind", amount bigint, available numeric) LANGUAGE plpgsql AS $$
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
END $$;

-- Gives back all or part of what a completion was charged: null is all that is left of it. It lowers what the periods of
-- its own admission have spent, and stands as refunded in the usage of its own hour. The platform bears it. Answers no
-- row without such a completion; a null entry when more is asked for than is left.
CREATE FUNCTION completion_refund(p_completion text, p_amount bigint, p_key text, p_reason text, p_actor text)
RETURNS TABLE (entry text, completion text, amount bigint, remaining bigint, organization text) LANGUAGE plpgsql AS $$
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
END $$;

CREATE FUNCTION rollup_refund(p_row completion, p_amount bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE rollup r SET refunded = r.refunded + p_amount
  WHERE r.organization_id = p_row.organization_id AND r.hour = date_trunc('hour', p_row.finished_at, 'UTC')
    AND r.api_key_id = coalesce(p_row.api_key_id, '') AND r.membership_id = coalesce(p_row.membership_id, '')
    AND r.model_id = coalesce(p_row.model_id, '') AND r.endpoint_id = coalesce(p_row.endpoint_id, '')
    AND r.provider_id = coalesce(p_row.provider_id, '') AND r.app = coalesce(p_row.app, '')
    AND r.shard = p_row.session % 16
$$;

-- ───────── purchases ─────────

CREATE FUNCTION receivable_of(p_organization text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'receivable:' || p_organization
$$;

-- Everything that a payment may touch, in the one order.
CREATE FUNCTION purchase_lock(p_purchase text) RETURNS text LANGUAGE plpgsql AS $$
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
END $$;

-- A payment was made: credits it, once, however often and in whatever order that is told. What is owed is taken from it
-- first. Null when it was credited before, or when there is no such purchase.
CREATE FUNCTION purchase_pay(p_purchase text, p_payment jsonb) RETURNS text LANGUAGE plpgsql AS $$
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
END $$;

-- Takes what is owed from the account, `p_most` at most and never what is leased. The accounts are locked by the caller.
CREATE FUNCTION receivable_settle(p_account text, p_organization text, p_most numeric) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  v_amount numeric;
BEGIN
  SELECT LEAST(p_most, -r.balance, a.balance - a.leased) INTO v_amount FROM credit_account a, credit_account r
    WHERE a.id = p_account AND r.id = receivable_of(p_organization);
  IF coalesce(v_amount, 0) <= 0 THEN
    RETURN 0;
  END IF;
  PERFORM ledger_move(p_account, receivable_of(p_organization), 'ADJUSTMENT', -v_amount::bigint,
    jsonb_build_object('description', 'Settles a payment that went back'));
  RETURN v_amount;
END $$;

-- A payment went back to the payer, in all or in part, or is disputed. The organization owes it; its balance, which it
-- may have spent, is not touched. Totals, not differences: the same news again, or older news, changes nothing.
CREATE FUNCTION purchase_return(p_purchase text, p_returned bigint, p_disputed bigint, p_closed boolean)
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
  RETURN v_owed;
END $$;

-- What is owed is taken from what is free in the account.
CREATE FUNCTION receivable_collect(p_organization text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  v_account text;
BEGIN
  SELECT id INTO v_account FROM credit_account WHERE organization_id = p_organization;
  PERFORM 1 FROM credit_account WHERE id IN (v_account, receivable_of(p_organization)) ORDER BY id FOR NO KEY UPDATE;
  PERFORM receivable_settle(v_account, p_organization, 'Infinity');
  RETURN (SELECT -balance FROM credit_account WHERE id = receivable_of(p_organization));
END $$;

-- ───────── automatic top-up ─────────

-- Opens an attempt where the credits that are not held have fallen below the threshold: at most one at a time, not while
-- backing off, and within the month's maximum. The row of `billing` is the lock. Null when there is nothing to do.
CREATE FUNCTION top_up_open(p_organization text, p_purchase text, p_held numeric) RETURNS bigint LANGUAGE plpgsql AS $$
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
END $$;

-- The payment of an attempt was refused: waits 10 minutes, then 20; after the third time it is switched off, with why.
-- Answers whether this news was new.
CREATE FUNCTION top_up_decline(p_purchase text, p_reason text) RETURNS boolean LANGUAGE plpgsql AS $$
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
END $$;

-- ───────── alerts ─────────

-- Notes each threshold that a balance has fallen below, once until it is above again, and each limit of a key or a
-- member's month of which 80 or 100 per cent are spent, once in its period. Answers the organizations concerned.
CREATE FUNCTION credit_alerts_note(p_limits jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
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
END $$;

-- ───────── partitions of completions ─────────

-- The least id of a completion that began at this time: ids begin with the milliseconds, ten digits of base 32.
CREATE FUNCTION completion_id_floor(p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'cmp_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
    ((ms >> (5 * place)) & 31)::int + 1, 1), '' ORDER BY place DESC) || repeat('0', 16)
  FROM (SELECT floor(extract(epoch FROM p_at) * 1000)::bigint AS ms) t, generate_series(0, 9) place
$$;

-- Makes the partition of a month, before it begins: what a late clock put into the rest is moved into it. Answers whether
-- it was missing.
CREATE FUNCTION completion_partition_open(p_month timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
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
END $$;

-- Drops the details of completions month by month, oldest first: one partition a call. Their entries and their usage by
-- hour stay, and what they had spent of a limit is carried. Answers the partition; null when no older one is left.
CREATE FUNCTION completion_partition_drop(p_before timestamptz) RETURNS text LANGUAGE plpgsql AS $$
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
END $$;

INSERT INTO "completion_kept" ("from") VALUES ('');
