-- A month of millions of completions goes in steps, each far within the time that a statement may take: it was one
-- statement, which was cancelled after 5 s, so that such a month stayed for ever.

-- The last id of the month that is leaving whose charge is carried already.
ALTER TABLE "completion_kept" ADD COLUMN "carried" TEXT NOT NULL DEFAULT '';

-- The month that is no longer read and has not been dropped yet; null when there is none.
CREATE FUNCTION completion_leaving() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname ~ '^completion_leaving_[0-9]{6}$'
    AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'completion'::regclass)
$$;

-- What completions of that month had spent of limits, as far as it is not carried yet.
CREATE FUNCTION completion_uncarried() RETURNS TABLE (id text, total numeric) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF completion_leaving() IS NOT NULL THEN
    RETURN QUERY EXECUTE format('SELECT a ->> ''id'', sum(c.charged - c.refunded)
      FROM %I c, jsonb_array_elements(c.allowances) a WHERE c.id > (SELECT carried FROM completion_kept) GROUP BY 1',
      completion_leaving());
  END IF;
END $$;

-- Does one step of dropping the details of completions month by month, oldest first, one node at a time. A month is taken
-- out of the table: from then on nobody reads or refunds it. What it had spent of limits is carried, so many completions
-- a step; then it is dropped. Entries and usage by hour stay. Answers the partition, for which the next step is asked;
-- null when no older one is left.
DROP FUNCTION completion_partition_drop(timestamptz);
CREATE FUNCTION completion_partition_drop(p_before timestamptz, p_most int DEFAULT 10000) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  v_leaving text;
  v_name text;
  v_end text;
  v_carried text;
  v_last text;
  v_ids text[];
  v_amounts numeric[];
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('completion partitions'));
  v_leaving := completion_leaving();
  IF v_leaving IS NULL THEN
    SELECT child.relname, substring(pg_get_expr(child.relpartbound, child.oid) FROM 'TO \(''([^'']+)''\)')
      INTO v_name, v_end
      FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = 'completion'::regclass AND child.relname ~ '^completion_[0-9]{6}$'
      ORDER BY child.relname LIMIT 1;
    IF v_name IS NULL OR v_end > completion_id_floor(p_before) THEN
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
    PERFORM 1 FROM allowance WHERE id = ANY (v_ids) ORDER BY id FOR NO KEY UPDATE;
    UPDATE allowance w SET carried = w.carried + s.amount FROM unnest(v_ids, v_amounts) AS s(id, amount)
      WHERE s.id = w.id;
    UPDATE completion_kept SET carried = v_last;
  END IF;
  RETURN 'completion_' || right(v_leaving, 6);
END $$;
