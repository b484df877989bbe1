/**
 * audit: who did what to whom, append-only. Owns the tables `audit` and `audit_head`. It refuses to
 * act by itself: an event is written in the transaction of whoever acts. Completions are not in it;
 * the ledger has them.
 *
 * 1. An audited act commits together with its event, or not at all.
 * 2. Events of a chain are numbered 1, 2, 3, … in the order of their commits, without gaps.
 * 3. Each event's hash covers the event and its predecessor's hash: a change shows in every later
 *    one.
 * 4. No event holds a secret, a prompt or an answer.
 * 5. An event says who acted, on what, when and from where: the client's address and its user
 *    agent.
 */
export type { AuditDetails } from './canonical.ts';
export { latestDetails } from './latest.ts';
export { actingFrom, currentOrigin, type Origin, plainUserAgent } from './origin.ts';
export { platformChain, record } from './record.ts';
export { type ChainReport, verifyChains } from './verify.ts';
