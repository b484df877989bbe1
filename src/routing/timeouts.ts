import type { Endpoint } from '#catalog';
import { type AttemptTimeouts, defaultTimeouts } from '#upstream';

/**
 * The time-outs of an attempt at this endpoint: its own, and the defaults for those that it does
 * not set.
 */
export function timeoutsOf({ timeouts }: Endpoint): AttemptTimeouts {
  return {
    connectMs: timeouts.connectMs ?? defaultTimeouts.connectMs,
    firstContentMs: timeouts.firstContentMs ?? defaultTimeouts.firstContentMs,
    idleMs: timeouts.idleMs ?? defaultTimeouts.idleMs,
    totalMs: timeouts.totalMs ?? defaultTimeouts.totalMs,
  };
}
