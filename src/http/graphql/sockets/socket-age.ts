import { dayMs, hourMs, minuteMs } from '#kernel';

const lifeMs = dayMs;
const leavingMs = hourMs;
const refusingMs = 10 * minuteMs;

/**
 * How near a socket is to its end: in its last hour it closes as soon as nothing runs, so that no
 * stream is cut; one on which something always runs takes no more in its last minutes.
 */
export function ageOf(openMs: number): 'young' | 'leaving' | 'old' | 'over' {
  const leftMs = lifeMs - openMs;
  if (leftMs > leavingMs) return 'young';
  if (leftMs > refusingMs) return 'leaving';
  return leftMs > 0 ? 'old' : 'over';
}
