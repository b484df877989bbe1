-- Makes the partition of a month. What stands in the rest already (a late clock, or completions from before this node
-- looked) is moved into it while nobody reads: a reader knows the partitions before it takes its snapshot, so one that
-- waited for the rest alone would look for moved rows there and find none. Where there is nothing to move, readers go on;
-- a completion that arrives in the rest in between makes attaching fail, and it is tried again. Answers whether the
-- partition was missing.
CREATE OR REPLACE FUNCTION completion_partition_open(p_month timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
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
  EXECUTE format('CREATE TABLE %I (LIKE completion INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
  IF EXISTS (SELECT 1 FROM completion_rest WHERE id >= v_first AND id < v_end) THEN
    LOCK TABLE completion IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM completion_rest WHERE id >= %L AND id < %L RETURNING *)
      INSERT INTO %I SELECT * FROM moved', v_first, v_end, v_name);
  END IF;
  EXECUTE format('ALTER TABLE completion ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', v_name, v_first, v_end);
  RETURN true;
END $$;

-- Drops the details of completions month by month, oldest first: one partition a call, one node at a time. Their entries
-- and their usage by hour stay, and what they had spent of a limit is carried. Answers the partition; null when no older
-- one is left.
CREATE OR REPLACE FUNCTION completion_partition_drop(p_before timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  v_name text;
  v_end text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('completion partitions'));
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
