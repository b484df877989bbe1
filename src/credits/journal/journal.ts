import type { Money } from '#kernel';
import type { Lease } from '../leases/lease.ts';
import type { Held } from '../ledger/posting-statements.ts';
import type { Segment } from './journal-file.ts';

/** A completion that has ended: its record, and what the record's charge is reserved in. */
export interface Ended {
  /** Whose leases pay; when it is not the node's session any more, the record is late. */
  readonly session: number;
  readonly leases: readonly Lease[];
  readonly charge: Money;
  /** The journal record as JSON. */
  readonly record: string;
}

/** Records that were acknowledged together, of one session. */
export interface Batch {
  readonly session: number;
  /** Unique within the session. */
  readonly n: number;
  readonly ended: readonly Ended[];
  /** A JSON array. */
  readonly records: string;
  segment: Segment | null;
}

/** Where acknowledged records are safe until they are in the ledger. */
export interface Journal {
  /** Resolves once the batch survives the death of this process. */
  write(batch: Batch): Promise<void>;
  /**
   * Brings what is safe by now into the ledger. What becomes safe meanwhile waits for the next
   * posting, which would otherwise be many small ones. Throws when the database does not answer;
   * nothing is lost by that.
   */
  post(): Promise<void>;
  /** False while neither the database nor the file takes a record: then nothing may be admitted. */
  writable(): boolean;
  /** Finds out whether what could not be written can be now. */
  probe(): void;
  close(): Promise<void>;
}

/** What these batches' leases hold once they are posted, for the rows that this writes anyway. */
export function heldAfter(batches: readonly Batch[]): readonly Held[] {
  const charges = new Map<Lease, Money>();
  for (const { leases, charge } of batches.flatMap(({ ended }) => ended)) {
    for (const lease of leases) charges.set(lease, (charges.get(lease) ?? 0n) + charge);
  }
  return [...charges].map(([lease, charge]) => {
    const { held, ...target } = asHeld(lease);
    return { ...target, held: held - charge };
  });
}

/** A charge that is not posted counts as held: it has left what a new completion may use. */
export const asHeld = ({ kind, target, held, unposted }: Lease): Held => ({
  kind,
  target,
  held: held + unposted,
});
