import type { UpstreamFault } from '#upstream';
import type { Outcome } from './breaker.ts';

/**
 * How an attempt ended. `ABANDONED`: cancelled by us or by the caller, which says nothing about the
 * endpoint.
 */
export type AttemptResult = 'SUCCEEDED' | 'ABANDONED' | UpstreamFault;

/** A rate limit without Retry-After: long enough not to run into it again with every request. */
const pauseMsDefault = 1_000;

/** Another credential would have fared otherwise. */
export const concernsCredential = (result: AttemptResult) =>
  typeof result !== 'string' &&
  (result.failure === 'CREDENTIAL' || result.failure === 'RATE_LIMITED');

/** What it tells of the endpoint. */
export function outcomeOf(result: AttemptResult): Outcome {
  if (result === 'SUCCEEDED') return 'SUCCEEDED';
  if (result === 'ABANDONED' || result.callersFault) return 'SPARED';
  // The endpoint brought what its model wrote, and the next answer may well be one.
  if (result.failure === 'MODEL_ERRED') return 'SPARED';
  // A rate limit is no failure: the endpoint works, for others or a little later.
  return concernsCredential(result) ? 'SPARED' : 'FAILED';
}

/** What it tells of the credential. */
export function credentialOutcomeOf(result: AttemptResult): Outcome {
  if (typeof result !== 'string' && result.failure === 'CREDENTIAL') return 'FAILED';
  return outcomeOf(result);
}

/** It was not the credential that failed. */
export const sparedUnlessGood = (result: AttemptResult): Outcome =>
  result === 'SUCCEEDED' ? 'SUCCEEDED' : 'SPARED';

/** Milliseconds for which the endpoint is to be left alone after it; 0 for none. */
export function pauseOf(result: AttemptResult): number {
  if (typeof result === 'string' || result.callersFault) return 0;
  return result.retryAfterMs ?? (result.failure === 'RATE_LIMITED' ? pauseMsDefault : 0);
}
