-- A key is used up by whatever was tried under it, charged or not: a repeat gets that completion, also when it failed.
-- Free again are keys that were given up (nothing was tried, or it was our own fault that it ended), those that have
-- expired, and those of a session that ended before the completion did.
CREATE OR REPLACE FUNCTION claim_take(p_session int, p_principal text, p_key text, p_body_hmac text, p_completion text)
RETURNS TABLE (verdict text, completion text, gen int) LANGUAGE plpgsql AS $$
DECLARE
  v_claim claim;
BEGIN
  PERFORM session_fence(p_session);
  INSERT INTO claim AS c (principal, key, body_hmac, completion, session, expires_at)
    VALUES (p_principal, p_key, p_body_hmac, p_completion, p_session, clock_timestamp() + interval '24 hours')
    ON CONFLICT DO NOTHING;
  SELECT * INTO v_claim FROM claim c WHERE c.principal = p_principal AND c.key = p_key FOR UPDATE;
  IF v_claim.completion = p_completion THEN
    RETURN QUERY SELECT 'TAKEN', p_completion, v_claim.gen;
  ELSIF v_claim.expires_at > clock_timestamp() AND v_claim.body_hmac <> p_body_hmac THEN
    RETURN QUERY SELECT 'CONFLICT', v_claim.completion, v_claim.gen;
  ELSIF v_claim.expires_at > clock_timestamp() AND (v_claim.outcome IS NOT NULL
      OR EXISTS (SELECT FROM node_session s WHERE s.id = v_claim.session AND s.state = 'LIVE')) THEN
    RETURN QUERY SELECT 'EXISTS', v_claim.completion, v_claim.gen;
  ELSE
    UPDATE claim c SET completion = p_completion, session = p_session, body_hmac = p_body_hmac, gen = c.gen + 1,
      outcome = NULL, expires_at = clock_timestamp() + interval '24 hours'
      WHERE c.principal = p_principal AND c.key = p_key;
    RETURN QUERY SELECT 'TAKEN', p_completion, v_claim.gen + 1;
  END IF;
END $$;

-- Expired claims, some at a time, so that no statement is long; answers how many there were.
CREATE FUNCTION claim_prune(p_most int) RETURNS int LANGUAGE sql AS $$
  WITH pruned AS (
    DELETE FROM claim WHERE (principal, key) IN (
      SELECT principal, key FROM claim WHERE expires_at <= clock_timestamp()
        ORDER BY principal, key LIMIT p_most FOR UPDATE SKIP LOCKED
    ) RETURNING 1
  )
  SELECT count(*)::int FROM pruned
$$;
