-- A node renews every second, give or take what the network takes: with a tick that waits for a whole second every other
-- renewal of a lone survivor came too early and the dead were found after 100 s instead of 50. 51 ticks of 0.95 s are
-- still longer than the 45 s for which a node admits. A database whose clock is set back must not stand still either.
CREATE OR REPLACE FUNCTION session_renew(p_session int, p_ack_change bigint, p_held jsonb)
RETURNS TABLE (tick bigint, database_time timestamptz, change_number bigint, live int[], recalls jsonb)
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE clock c SET tick = c.tick + 1, at = clock_timestamp()
    WHERE c.id = 1 AND (c.at <= clock_timestamp() - interval '950 milliseconds'
      OR c.at > clock_timestamp() + interval '1 second');
  UPDATE node_session s SET renewed_tick = c.tick, ack_change = GREATEST(s.ack_change, p_ack_change)
    FROM clock c WHERE s.id = p_session AND s.state = 'LIVE';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'session % is not live', p_session USING ERRCODE = 'BR001';
  END IF;
  PERFORM lease_note_held(p_session, p_held);
  RETURN QUERY SELECT c.tick, clock_timestamp(), (SELECT number FROM change_head),
    ARRAY(SELECT id FROM node_session WHERE state = 'LIVE' ORDER BY id),
    session_recalls(p_session, c.tick)
    FROM clock c;
END $$;
