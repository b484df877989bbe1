import type { Storage } from '#storage';
import { type CanonicalFields, canonicalText, linkHash } from './canonical.ts';

export interface ChainReport {
  readonly chain: string;
  readonly events: number;
  /**
   * Of the newest event. Kept elsewhere, it shows later whether the end of the chain was cut off.
   */
  readonly head: string;
  /** Null when the chain holds, else where it breaks. */
  readonly violation: string | null;
}

interface Head {
  readonly chain: string;
  readonly count: bigint;
  readonly hash: string;
  readonly last: bigint;
}

interface Row extends CanonicalFields {
  readonly number: bigint;
  readonly hash: string;
}

const pageSize = 1_000;

/**
 * Walks every chain from its first event and compares each hash. Also on a running server: it reads
 * what stood.
 */
export async function* verifyChains(storage: Storage): AsyncGenerator<ChainReport> {
  const heads = await storage.query<Head>(
    `SELECT coalesce(head.chain, event.chain) AS chain, coalesce(head.count, 0) AS count,
            coalesce(head.hash, '') AS hash, coalesce(event.last, 0) AS last
     FROM audit_head head
     FULL JOIN (SELECT chain, max(number) AS last FROM audit GROUP BY chain) event USING (chain)
     ORDER BY 1`,
    [],
  );
  for (const head of heads) {
    const violation = await violationIn(storage, head);
    yield { chain: head.chain, events: Number(head.count), head: head.hash, violation };
  }
}

async function violationIn(storage: Storage, head: Head): Promise<string | null> {
  if (head.last !== head.count) return `it has ${head.last} events, its head counts ${head.count}`;
  let [number, hash] = [0n, ''];
  while (number < head.count) {
    const page = await readPage(storage, head, number);
    for (const row of page) {
      if (row.number !== number + 1n) return `event ${number + 1n} is missing`;
      if (row.hash !== linkHash(hash, canonicalText(row))) {
        return `event ${row.number} (${row.id}) was changed, or one before it`;
      }
      [number, hash] = [row.number, row.hash];
    }
    if (page.length === 0) return `event ${number + 1n} is missing`;
  }
  return hash === head.hash ? null : 'its head is not the hash of its newest event';
}

function readPage(storage: Storage, head: Head, after: bigint): Promise<Row[]> {
  return storage.query<Row>(
    `SELECT number, id, chain, at, actor, action, subject, address, user_agent AS "userAgent",
            details, hash
     FROM audit WHERE chain = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4`,
    [head.chain, after, head.count, pageSize],
  );
}
