-- A limit of more than 92,233 dollars times 100 is no bigint: where one was nearly spent, nobody's alerts were noted.

-- Notes each threshold that a balance has fallen below, once until it is above again, and each limit of a key or a
-- member's month of which 80 or 100 per cent are spent, once in its period. Answers the organizations concerned.
CREATE OR REPLACE FUNCTION credit_alerts_note(p_limits jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
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
        div(l."limit" * level, 100), LEAST(w.spent, 9223372036854775807), w.subject_id, l.allowance || ':' || level
      FROM jsonb_to_recordset(p_limits) AS l(organization text, allowance text, "limit" numeric)
      JOIN allowance w ON w.id = l.allowance CROSS JOIN (VALUES (80), (100)) AS levels(level)
      WHERE w.spent * 100 >= l."limit" * level
      ORDER BY l.allowance, level ON CONFLICT DO NOTHING
      RETURNING organization_id
  )
  SELECT organization_id FROM fallen UNION SELECT organization_id FROM spent;
END $$;
