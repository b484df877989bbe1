import type { Sample } from '#metrics';

/** An answered attempt at `end_a` at second 0 of 2026, unless told otherwise. */
export const sample = (given: Partial<Sample> = {}): Sample => ({
  endpointId: 'end_a',
  at: Date.UTC(2026, 0, 1),
  organizationId: 'org_a',
  app: null,
  outcome: 'ANSWERED',
  streamed: true,
  timeToFirstTokenMs: 100,
  durationMs: 1_100,
  promptTokens: 10,
  completionTokens: 101,
  cost: 1_000n,
  charged: 1_050n,
  ranked: true,
  priced: true,
  ...given,
});
