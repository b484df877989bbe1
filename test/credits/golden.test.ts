import { describe, expect, test } from 'vitest';
import { pricesFor } from '#catalog';
import { bill, type UnitPrices, worstCase } from '#credits';
import { amountMax, formatMoney, type Price, parsePrice } from '#kernel';
import type { Pricing } from '../../src/catalog/market.ts';

type Kind = keyof UnitPrices;

function pricing(
  prices: Partial<Record<Kind, string>>,
  ...tiers: readonly (Partial<Record<Kind, string>> & Omit<Pricing['tiers'][number], Kind>)[]
): Pricing {
  const read = (text: string | undefined): Price | null => (text ? parsePrice(text) : null);
  const {
    prompt = '0',
    completion = '0',
    cacheRead,
    cacheWrite,
    cacheWriteHour,
    reasoning,
    image,
    request,
  } = prices;
  return {
    ...{ id: 'prc_1', from: new Date(0), source: null, checkedAt: null },
    prompt: parsePrice(prompt),
    completion: parsePrice(completion),
    cacheRead: read(cacheRead),
    cacheWrite: read(cacheWrite),
    cacheWriteHour: read(cacheWriteHour),
    reasoning: read(reasoning),
    image: read(image),
    request: read(request),
    tiers: tiers.map(({ minPromptTokens, utcStart, utcEnd, ...own }) => ({
      ...(minPromptTokens === undefined ? {} : { minPromptTokens }),
      ...(utcStart === undefined ? {} : { utcStart }),
      ...(utcEnd === undefined ? {} : { utcEnd }),
      ...Object.fromEntries(Object.entries(own).map(([kind, text]) => [kind, parsePrice(text)])),
    })),
  };
}

/** US dollars a token, image or request. */
const lists: Readonly<Record<string, Pricing>> = {
  plain: pricing({ prompt: '0.000003', completion: '0.000015' }),
  kinds: pricing({
    prompt: '0.000003',
    completion: '0.000015',
    cacheRead: '0.0000003',
    cacheWrite: '0.00000375',
    reasoning: '0.00002',
  }),
  // Longer prompts than 200,000 tokens cost more, for each of their tokens.
  long: pricing(
    {
      prompt: '0.00000125',
      completion: '0.00001',
      cacheRead: '0.00000031',
      cacheWrite: '0.0000016',
    },
    {
      minPromptTokens: 200_000,
      prompt: '0.0000025',
      completion: '0.000015',
      cacheRead: '0.000000625',
    },
  ),
  // From 16:30 to 00:30 UTC everything costs a quarter.
  night: pricing(
    { prompt: '0.00000055', completion: '0.00000219', cacheRead: '0.00000014' },
    {
      utcStart: '1630',
      utcEnd: '0030',
      prompt: '0.000000135',
      completion: '0.00000055',
      cacheRead: '0.000000035',
    },
  ),
  odd: pricing({
    prompt: '0.000000123456789012',
    completion: '0.000000987654321098',
    cacheRead: '0.0000000123456789',
    reasoning: '0.000000333333333333',
  }),
  things: pricing({
    prompt: '0.0000001',
    completion: '0.0000004',
    image: '0.0025825',
    request: '0.0085',
  }),
  // Half a unit of account, and one and a half: each line is rounded to the even neighbour.
  half: pricing({ prompt: '0.0000000000005', completion: '0.0000000000015' }),
};

/**
 * Worked out with fractions, outside of this code. Tokens: all of the prompt, of them read from and
 * written to a cache; all of the answer, of them reasoning. `own`: with the caller's own provider
 * key.
 *
 * list time prompt read written answer reasoning images fee-rate own | at list price, fee, charged
 */
const golden = `
plain 12:00 1 0 0 1 0 0 0.05 -                                0.000018      0.0000009      0.0000189
plain 12:00 123457 0 0 65537 0 0 0.05 -                       1.353426      0.0676713      1.4210973
plain 12:00 1000 400 100 500 200 0 0.05 -                       0.0105       0.000525       0.011025
plain 12:00 1000 0 0 0 0 0 0 -                                   0.003              0          0.003
kinds 12:00 1000 600 100 200 50 0 0.05 -                      0.004705     0.00023525     0.00494025
kinds 12:00 1000 1000 0 200 200 0 0.05 -                        0.0043       0.000215       0.004515
kinds 12:00 1000 0 1000 200 0 0 0 -                            0.00675              0        0.00675
kinds 12:00 999983 333331 111111 88811 44417 0 0.0333 -     3.73753855 0.124460033715 3.861998583715
kinds 12:00 1000 600 100 200 50 0 0.05 own                    0.004705     0.00023525     0.00023525
kinds 12:00 0 0 0 7 7 0 1 -                                    0.00014        0.00014        0.00028
long 12:00 200000 0 0 1000 0 0 0.05 -                             0.26          0.013          0.273
long 12:00 200001 0 0 1000 0 0 0.05 -                        0.5150025    0.025750125    0.540752625
long 12:00 200001 150000 50001 1000 300 0 0.05 -             0.1887516     0.00943758     0.19818918
long 12:00 1000003 700001 3 65536 60000 0 0.0333 -         2.170542925 0.072279079402 2.242822004402
long 12:00 200001 0 0 1000 0 0 0.05 own                      0.5150025    0.025750125    0.025750125
night 16:29 100000 20000 0 3000 0 0 0.05 -                     0.05337      0.0026685      0.0560385
night 16:30 100000 20000 0 3000 0 0 0.05 -                     0.01315      0.0006575      0.0138075
night 00:29 100000 20000 0 3000 0 0 0.05 -                     0.01315      0.0006575      0.0138075
night 00:30 100000 20000 0 3000 0 0 0.05 -                     0.05337      0.0026685      0.0560385
night 23:59 7 3 0 11 0 0 0.0333 -                          0.000006695 0.000000222944 0.000006917944
odd 12:00 1 0 0 1 0 0 0.05 -                            0.000001111111 0.000000055556 0.000001166667
odd 12:00 3 1 0 5 2 0 0.05 -                             0.00000388889 0.000000194444 0.000004083334
odd 12:00 131071 65537 0 8191 4093 0 0.05 -              0.01431145671 0.000715572836 0.015027029546
odd 12:00 131071 65537 0 8191 4093 0 0.1234567 -         0.01431145671 0.001766845218 0.016078301928
things 12:00 12 0 0 0 0 3 0.05 -                             0.0162487    0.000812435    0.017061135
things 12:00 0 0 0 0 0 1 0.05 -                              0.0110825    0.000554125    0.011636625
things 12:00 1500 0 0 90 0 2 0.0333 own                       0.013851   0.0004612383   0.0004612383
half 12:00 1 0 0 1 0 0 0.05 -                           0.000000000002              0 0.000000000002
half 12:00 3 0 0 1 0 0 0.5 -                            0.000000000004 0.000000000002 0.000000000006
half 12:00 5 0 0 3 0 0 0.05 -                           0.000000000006              0 0.000000000006
kinds 12:00 2147483647 0 0 2147483647 0 0 0.05 -          38654.705646   1932.7352823  40587.4409283
`;

const count = (text: string | undefined) => Number(text);

describe('what a completion comes to, to the last digit', () => {
  const rows = golden.trim().split('\n');
  test.each(rows)('%s', (row) => {
    const [
      list = '',
      time,
      prompt,
      read,
      written,
      answer,
      reasoning,
      images,
      rate = '',
      own,
      ...due
    ] = row.trim().split(/ +/);
    const at = new Date(`2026-01-15T${time}:00Z`);
    const made = bill({
      prices: pricesFor(lists[list] as Pricing, count(prompt), at),
      tokens: {
        prompt: count(prompt),
        cacheRead: count(read),
        cacheWrite: count(written),
        completion: count(answer),
        reasoning: count(reasoning),
      },
      images: count(images),
      outcome: 'SUCCEEDED',
      ownProviderKey: own === 'own',
      feeRate: parsePrice(rate),
      endpointId: 'end_1',
      hold: amountMax,
    });
    const { upstreamCost, fee, charged, cost, lines, waived } = made;
    expect([upstreamCost, fee, charged].map(formatMoney)).toEqual(due);
    expect(cost + fee).toBe(charged);
    expect(lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(charged);
    expect(waived).toBe(0n);
  });
});

describe('at the edge of what can be counted', () => {
  const tokens = (prompt: number) => ({
    ...{ prompt, completion: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  });
  const at = (price: string, prompt: number) =>
    bill({
      prices: pricesFor(pricing({ prompt: price }), prompt, new Date(0)),
      tokens: tokens(prompt),
      outcome: 'SUCCEEDED',
      ownProviderKey: false,
      feeRate: 0n,
      endpointId: 'end_1',
      hold: amountMax,
    });

  test('the last amount that 64 bits hold is exact, and the next is refused, not wrapped', () => {
    expect(at('9.223372036854775807', 1_000_000).charged).toBe(amountMax);
    const refusal = { code: 'INVALID_INPUT', public: expect.stringContaining('accounted for') };
    expect(() => at('9.223372036854775807', 1_000_001)).toThrow(expect.objectContaining(refusal));
    const prices = pricesFor(pricing({ prompt: '9', completion: '9' }), 1, new Date(0));
    const most = { prices, promptTokens: 600_000, maxTokens: 600_000, feeRate: 0n };
    expect(() => worstCase(most)).toThrow(expect.objectContaining(refusal));
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('%s tokens are refused', (prompt) => {
    expect(() => at('1', prompt)).toThrow();
  });
});
