import { type Clock, newId } from '#kernel';
import type { Transaction } from '#storage';
import { type AuditDetails, canonicalText } from './canonical.ts';
import { currentOrigin } from './origin.ts';

/** The chain of what belongs to no organization. */
export const platformChain = 'platform';

export interface AuditEntry {
  /** An organization's id, or `platform`. */
  readonly chain: string;
  /** The id of the user or key that acted; `platform` when the platform did by itself. */
  readonly actor: string;
  /** Noun and verb: `apiKey.revoked`. */
  readonly action: string;
  /** The id of what was acted on. */
  readonly subject: string;
  readonly details?: AuditDetails;
}

/**
 * Adds an event to its chain, in the transaction of whoever acts: both happen or neither. To be
 * called last in it, since the chain's head stays locked until the commit. One statement: the
 * head's row lock orders writers, so two transactions can never continue from the same head, and
 * the hash is computed where the head is known. Where the act came from is taken from
 * `actingFrom`.
 */
export async function record(tx: Transaction, entry: AuditEntry, clock: Clock): Promise<void> {
  const { chain, actor, action, subject, details = {} } = entry;
  const [id, at] = [newId('auditEvent', clock), new Date(clock.now())];
  const { address, userAgent } = currentOrigin();
  const said = { chain, id, at, actor, action, subject, address, userAgent, details };
  const text = canonicalText(said);
  await tx.$executeRaw`
    WITH head AS (
      INSERT INTO audit_head AS head (chain, count, hash)
      VALUES (${chain}, 1, encode(sha256(convert_to(E'\n' || ${text}, 'UTF8')), 'hex'))
      ON CONFLICT (chain) DO UPDATE SET
        count = head.count + 1,
        hash = encode(sha256(convert_to(head.hash || E'\n' || ${text}, 'UTF8')), 'hex')
      RETURNING count, hash
    )
    INSERT INTO audit
      (id, chain, number, at, actor, action, subject, address, user_agent, details, hash)
    SELECT ${id}, ${chain}, head.count, ${at.toISOString()}::timestamptz, ${actor}, ${action},
           ${subject}, ${address}, ${userAgent}, ${JSON.stringify(details)}::jsonb, head.hash
    FROM head`;
}
