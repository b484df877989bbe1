import { expect, it } from 'vitest';
import { InsufficientCredits, type Shortage } from '../../src/credits/leases/refusals.ts';

const short = { required: 2_000_000_000_000n, available: 500_000_000_000n };

const told: [kind: Shortage['allowance'], resetsAt: Date | null, text: string][] = [
  ['ORGANIZATION', null, "the organization's credits can pay 0.5 now. … or add credits."],
  ['API_KEY', null, "the key's limit can pay 0.5 now. … or have it raised."],
  [
    'MEMBER',
    new Date('2026-12-01T00:00:00Z'),
    "the member's monthly budget can pay 0.5 now. … or have it raised, or wait until " +
      '2026-12-01T00:00:00.000Z, when it starts anew.',
  ],
];

it.each(told)('a shortage of %s says what helps against it', (allowance, resetsAt, text) => {
  const start = 'This could cost up to 2 US dollars, and ';
  expect(new InsufficientCredits({ ...short, allowance, resetsAt }).public).toBe(
    start + text.replace('…', 'Ask for fewer tokens,'),
  );
});
