-- What stands in the rest stays there, until it is kept no longer: moving a month of it was one statement that kept all
-- others out, and of very many completions one that ran into the limit of 5 s each hour, so that their month never got
-- its partition.

-- Makes the partition of a month. It begins behind what stands in the rest of that month already (a late clock, or
-- completions from before this node looked). Who posts meanwhile waits before it knows the partitions: a completion that
-- was on its way into the rest would be refused there and set aside, and one that arrived would keep the partition away.
-- Who reads waits as well, since a refund reads first and then writes. Answers whether the partition was missing.
CREATE OR REPLACE FUNCTION completion_partition_open(p_month timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_from timestamptz := date_trunc('month', p_month, 'UTC');
  v_name text := 'completion_' || to_char(v_from AT TIME ZONE 'UTC', 'YYYYMM');
  v_first text := completion_id_floor(v_from);
  v_end text := completion_id_floor(((v_from AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
  v_last text;
BEGIN
  IF to_regclass(v_name) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('completion partitions'));
  IF to_regclass(v_name) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE completion INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
  LOCK TABLE completion IN ACCESS EXCLUSIVE MODE;
  SELECT max(id) INTO v_last FROM completion_rest WHERE id >= v_first AND id < v_end;
  EXECUTE format('ALTER TABLE completion ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', v_name,
    coalesce(v_last || '0', v_first), v_end);
  RETURN true;
END $$;

-- What completions that go had spent of limits counts there without them.
CREATE FUNCTION allowance_carry(p_ids text[], p_amounts numeric[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM allowance WHERE id = ANY (p_ids) ORDER BY id FOR NO KEY UPDATE;
  UPDATE allowance w SET carried = w.carried + s.amount FROM unnest(p_ids, p_amounts) AS s(id, amount)
    WHERE s.id = w.id;
END $$;

-- Does one step of dropping the details of completions, one node at a time: first those in the rest, so many a step,
-- then month by month, oldest first. A month is taken out of the table: from then on nobody reads or refunds it. What
-- it had spent of limits is carried, so many completions a step; then it is dropped. Entries and usage by hour stay.
-- Answers the partition, for which the next step is asked; null when no older one is left.
CREATE OR REPLACE FUNCTION completion_partition_drop(p_before timestamptz, p_most int DEFAULT 10000) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  v_floor text := completion_id_floor(p_before);
  v_leaving text;
  v_name text;
  v_end text;
  v_carried text;
  v_last text;
  v_ids text[];
  v_amounts numeric[];
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('completion partitions'));
  IF EXISTS (SELECT FROM completion_rest WHERE id < v_floor) THEN
    UPDATE completion_kept SET "from" = GREATEST("from", v_floor);
    WITH gone AS (
      DELETE FROM completion_rest
        WHERE id IN (SELECT id FROM completion_rest WHERE id < v_floor ORDER BY id LIMIT p_most)
        RETURNING allowances, charged - refunded AS amount)
    SELECT array_agg(id), array_agg(amount) INTO v_ids, v_amounts FROM (
      SELECT a ->> 'id' AS id, sum(gone.amount) AS amount
      FROM gone, jsonb_array_elements(gone.allowances) a GROUP BY 1) spent;
    PERFORM allowance_carry(v_ids, v_amounts);
    RETURN 'completion_rest';
  END IF;

  v_leaving := completion_leaving();
  IF v_leaving IS NULL THEN
    SELECT child.relname, substring(pg_get_expr(child.relpartbound, child.oid) FROM 'TO \(''([^'']+)''\)')
      INTO v_name, v_end
      FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = 'completion'::regclass AND child.relname ~ '^completion_[0-9]{6}$'
      ORDER BY child.relname LIMIT 1;
    IF v_name IS NULL OR v_end > v_floor THEN
      RETURN NULL;
    END IF;
    EXECUTE format('ALTER TABLE completion DETACH PARTITION %I', v_name);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', v_name, 'completion_leaving_' || right(v_name, 6));
    UPDATE completion_kept SET "from" = GREATEST("from", v_end), carried = '';
    RETURN v_name;
  END IF;

  SELECT carried INTO v_carried FROM completion_kept;
  EXECUTE format('SELECT max(id) FROM (SELECT id FROM %I WHERE id > $1 ORDER BY id LIMIT $2) step', v_leaving)
    INTO v_last USING v_carried, p_most;
  IF v_last IS NULL THEN
    EXECUTE format('DROP TABLE %I', v_leaving);
  ELSE
    EXECUTE format('SELECT array_agg(id), array_agg(amount) FROM (
      SELECT a ->> ''id'' AS id, sum(c.charged - c.refunded) AS amount
      FROM %I c, jsonb_array_elements(c.allowances) a WHERE c.id > $1 AND c.id <= $2 GROUP BY 1) spent', v_leaving)
      INTO v_ids, v_amounts USING v_carried, v_last;
    PERFORM allowance_carry(v_ids, v_amounts);
    UPDATE completion_kept SET carried = v_last;
  END IF;
  RETURN 'completion_' || right(v_leaving, 6);
END $$;
