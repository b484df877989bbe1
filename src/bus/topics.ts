import { z } from 'zod';

/**
 * What nodes tell each other. Every message is a hint to look, or a state that repeats: losing one
 * must do no harm that the next reading of the database does not mend. None carries a credential, a
 * prompt or an answer that is readable.
 */
export interface BusTopics {
  /** The database changed up to this change number: read on from the last one that was applied. */
  changes: { readonly number: string };
  /**
   * One node's breaker for an endpoint, or for one credential there (its id), moved; `until` is
   * wall time in ms, null when it is CLOSED.
   */
  breaker: {
    readonly endpoint: string;
    readonly credential: string | null;
    readonly state: 'CLOSED' | 'OPEN' | 'PAUSED' | 'TROUBLED';
    readonly until: number | null;
    readonly node: string;
  };
  /** A key is refused from now on, before the database says so; its streams end. */
  revoked: { readonly apiKey: string };
  /** Somebody needs money of this account that sits in leases: give back what is not held. */
  recall: { readonly account: string };
  /** The credits of this organization are not what they were: whoever shows them looks again. */
  credits: { readonly organization: string };
  /** Of these organizations' money more or less is held or charged on some node than before. */
  moved: { readonly organizations: readonly string[] };
  /**
   * A letter of one node to another, or to all, about completions that run. It is sealed with the
   * installation's key, and whoever waits for an answer asks again.
   */
  completions: { readonly from: string; readonly to: string | null; readonly sealed: string };
  /**
   * What a node counted in its last seconds, whole: it replaces what it said before. `seconds` is
   * JSON of the metrics room's own form.
   */
  metrics: { readonly source: number; readonly seconds: string };
  /**
   * What a live session last saw of the database: the change number up to which it has applied
   * changes, when in database time it last read that number, and whether the database answers it.
   */
  heartbeat: {
    readonly session: number;
    readonly change: string;
    readonly at: number;
    readonly database: boolean;
  };
}

export type Topic = keyof BusTopics;

const number = z.string().regex(/^\d{1,19}$/);
const id = z.string().min(1).max(200);

/** The form of each message on the wire. Fields that a newer node adds are dropped, not refused. */
export const topicForms: { readonly [T in Topic]: z.ZodType<BusTopics[T]> } = {
  changes: z.object({ number }),
  breaker: z.object({
    endpoint: id,
    credential: id.nullable(),
    state: z.enum(['CLOSED', 'OPEN', 'PAUSED', 'TROUBLED']),
    until: z.number().nullable(),
    node: id,
  }),
  revoked: z.object({ apiKey: id }),
  recall: z.object({ account: id }),
  credits: z.object({ organization: id }),
  moved: z.object({ organizations: z.array(id) }),
  completions: z.object({ from: id, to: id.nullable(), sealed: z.base64() }),
  metrics: z.object({ source: z.int(), seconds: z.string() }),
  heartbeat: z.object({
    session: z.int(),
    change: number,
    at: z.number(),
    database: z.boolean(),
  }),
};
