import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  affordableTokens,
  type Bill,
  type BillInput,
  bill,
  type ChargeOutcome,
  chargePolicy,
  type UnitPrices,
  worstCase,
} from '#credits';
import { formatMoney, parseMoney, parsePrice } from '#kernel';

const prices = (given: Partial<UnitPrices> = {}): UnitPrices => ({
  prompt: parsePrice('0.000003'),
  completion: parsePrice('0.000015'),
  cacheRead: parsePrice('0.0000003'),
  cacheWrite: parsePrice('0.00000375'),
  cacheWriteHour: null,
  reasoning: null,
  image: null,
  request: null,
  ...given,
});

const used = { prompt: 1_000, completion: 200, cacheRead: 600, cacheWrite: 100, reasoning: 50 };
const five = parsePrice('0.05');
const ample = parseMoney('1000');

const input = (given: Partial<BillInput> = {}): BillInput => ({
  prices: prices(),
  tokens: used,
  outcome: 'SUCCEEDED',
  ownProviderKey: false,
  feeRate: five,
  endpointId: 'end_1',
  hold: ample,
  ...given,
});

/** A bill as a person would read it. */
const readable = (due: Bill) =>
  [
    ...due.lines.map((line) => `${line.kind} ${line.quantity} ${formatMoney(line.amount)}`),
    `cost ${formatMoney(due.cost)} fee ${formatMoney(due.fee)} charged ${formatMoney(due.charged)}`,
  ].join('\n');

describe('a bill', () => {
  test('charges each token in exactly one kind, and the fee on their sum', () => {
    expect(readable(bill(input()))).toBe(
      [
        'PROMPT 300 0.0009',
        'CACHE_READ 600 0.00018',
        'CACHE_WRITE 100 0.000375',
        'COMPLETION 150 0.00225',
        'REASONING 50 0.00075',
        'FEE 1 0.00022275',
        'cost 0.004455 fee 0.00022275 charged 0.00467775',
      ].join('\n'),
    );
  });

  test('charges what was written for an hour at its own price, other writes at theirs', () => {
    const hourly = prices({ cacheWriteHour: parsePrice('0.000006') });
    const writes = (given: Partial<BillInput>) =>
      bill(input({ tokens: { ...used, cacheWriteHour: 60 }, ...given }))
        .lines.filter(({ kind }) => kind === 'CACHE_WRITE')
        .map(({ quantity, amount }) => `${quantity} ${formatMoney(amount)}`);
    expect(writes({ prices: hourly })).toEqual(['40 0.00015', '60 0.00036']);
    expect(writes({ prices: hourly, tokens: used })).toEqual(['100 0.000375']);
    const tooMany = { ...used, cacheWriteHour: 900 };
    expect(writes({ prices: hourly, tokens: tooMany })).toEqual(['100 0.0006']);
    expect(writes({})).toEqual(['40 0.00015', '60 0.000225']);
  });

  test('takes the base price for a kind without an own one, and leaves out what is 0', () => {
    const plain = prices({ cacheRead: null, cacheWrite: null, completion: 0n });
    expect(readable(bill(input({ prices: plain })))).toBe(
      [
        'PROMPT 300 0.0009',
        'CACHE_READ 600 0.0018',
        'CACHE_WRITE 100 0.0003',
        'FEE 1 0.00015',
        'cost 0.003 fee 0.00015 charged 0.00315',
      ].join('\n'),
    );
  });

  test('rounds each line half to even at the twelfth decimal', () => {
    const half = prices({ prompt: 500_000n, completion: 1_500_000n });
    const tokens = { prompt: 1, completion: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
    const { lines } = bill(input({ prices: half, tokens }));
    expect(lines.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['PROMPT', 0n],
      ['COMPLETION', 2n],
    ]);
  });

  test('charges images and the request as such', () => {
    const due = bill(
      input({
        prices: prices({ image: parsePrice('0.001'), request: parsePrice('0.01') }),
        tokens: { prompt: 0, completion: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
        images: 2,
      }),
    );
    expect(readable(due)).toBe(
      [
        'IMAGE 2 0.002',
        'REQUEST 1 0.01',
        'FEE 1 0.0006',
        'cost 0.012 fee 0.0006 charged 0.0126',
      ].join('\n'),
    );
  });

  test('charges the fee on the list price alone when the provider bills an own key', () => {
    const due = bill(input({ ownProviderKey: true }));
    expect(readable(due)).toBe('FEE 1 0.00022275\ncost 0 fee 0.00022275 charged 0.00022275');
    expect(formatMoney(due.upstreamCost)).toBe('0.004455');
  });

  test('believes a provider on the whole when its parts exceed it', () => {
    const tokens = { prompt: 10, completion: 5, cacheRead: 20, cacheWrite: 20, reasoning: 9 };
    const { lines } = bill(input({ tokens }));
    expect(lines.map(({ kind, quantity }) => [kind, quantity])).toEqual([
      ['CACHE_READ', 10],
      ['REASONING', 5],
      ['FEE', 1],
    ]);
  });

  const rows: Record<ChargeOutcome, string> = {
    SUCCEEDED: '0.00467775',
    CONTENT_FILTERED: '0.00467775',
    CANCELLED: '0.00467775',
    BUDGET: '0.00467775',
    NOTHING_DELIVERED: '0',
    BROKE_OFF: '0',
    CONTINUED: '0.00467775',
    REPEATED: '0',
    OWN_PROVIDER_KEY: '0.00022275',
  };

  test.each(Object.entries(rows))('by the published policy, %s charges %s', (name, charged) => {
    const outcome = name as ChargeOutcome;
    const due =
      outcome === 'OWN_PROVIDER_KEY'
        ? bill(input({ ownProviderKey: true }))
        : bill(input({ outcome }));
    expect(formatMoney(due.charged)).toBe(charged);
    expect(chargePolicy[outcome].sentence).toMatch(/\.$/);
  });

  test('takes back by a line of its own what the policy does not charge', () => {
    const due = bill(input({ outcome: 'BROKE_OFF' }));
    expect(readable(due)).toContain('WAIVED 1 -0.004455');
    expect(formatMoney(due.waived)).toBe('0.00467775');
  });

  test('adds up and stays within the hold, whatever the prices, tokens and hold', () => {
    const price = fc.bigInt(0n, 10n ** 15n);
    const maybe = fc.option(price, { nil: null });
    const count = fc.nat(100_000);
    const anyPrices = fc.record({
      prompt: price,
      completion: price,
      cacheRead: maybe,
      cacheWrite: maybe,
      cacheWriteHour: maybe,
      reasoning: maybe,
      image: fc.constant(null),
      request: maybe,
    });
    const anyTokens = fc.record({
      prompt: count,
      completion: count,
      cacheRead: count,
      cacheWrite: count,
      cacheWriteHour: count,
      reasoning: count,
    });
    const anything = fc.record({
      prices: anyPrices,
      tokens: anyTokens,
      hold: fc.bigInt(0n, 10n ** 13n),
      feeRate: fc.bigInt(0n, 10n ** 18n),
      ownProviderKey: fc.boolean(),
      outcome: fc.constantFrom('SUCCEEDED' as const, 'BROKE_OFF' as const),
    });
    fc.assert(
      fc.property(anything, (given) => {
        const due = bill(input(given));
        const sum = due.lines.reduce((total, line) => total + line.amount, 0n);
        expect(sum).toBe(due.charged);
        expect(due.cost + due.fee).toBe(due.charged);
        expect(due.charged <= given.hold).toBe(true);
        expect(due.charged >= 0n && due.waived >= 0n && due.cost >= 0n).toBe(true);
      }),
    );
  });
});

describe('the worst case', () => {
  const most = (given: Partial<Parameters<typeof worstCase>[0]> = {}) =>
    formatMoney(
      worstCase({
        prices: prices(),
        promptTokens: 1_000,
        maxTokens: 100,
        feeRate: five,
        ...given,
      }),
    );

  test('takes the dearest kind of prompt token, the answer and the fee', () => {
    expect(most()).toBe('0.0055125');
  });

  test('takes a write for an hour where it may be charged', () => {
    expect(most({ prices: prices({ cacheWriteHour: parsePrice('0.000006') }) })).toBe('0.007875');
  });

  test('takes reasoning when that is dearer than the answer', () => {
    expect(most({ prices: prices({ reasoning: parsePrice('0.00003') }) })).toBe('0.0070875');
  });

  test('counts images and the request', () => {
    const dear = prices({ image: parsePrice('1'), request: parsePrice('2') });
    expect(most({ prices: dear, images: 3, promptTokens: 0, maxTokens: 0 })).toBe('5.25');
  });

  test('with an own provider key is the fee alone', () => {
    expect(most({ ownProviderKey: true })).toBe('0.0002625');
  });

  test('is never less than a bill within its bounds, up to the rounding of its lines', () => {
    const price = fc.bigInt(0n, 10n ** 15n);
    const usage = fc.record({
      prompt: fc.nat(10_000),
      completion: fc.nat(10_000),
      split: fc.nat(100),
    });
    fc.assert(
      fc.property(price, price, price, usage, (prompt, cacheWrite, reasoning, spent) => {
        const given = prices({ prompt, cacheWrite, reasoning });
        const tokens = {
          prompt: spent.prompt,
          completion: spent.completion,
          cacheRead: Math.floor((spent.prompt * spent.split) / 300),
          cacheWrite: Math.floor((spent.prompt * spent.split) / 300),
          reasoning: Math.floor((spent.completion * spent.split) / 100),
        };
        const due = bill(input({ prices: given, tokens }));
        const bound = worstCase({
          prices: given,
          promptTokens: spent.prompt,
          maxTokens: spent.completion,
          feeRate: five,
        });
        expect(bound + 4n >= due.charged).toBe(true);
      }),
    );
  });
});

test('what is affordable in tokens is, with the fee, within the amount', () => {
  const amount = parseMoney('0.001');
  const tokens = affordableTokens(amount, {
    prices: prices(),
    feeRate: five,
    ownProviderKey: false,
  });
  const cost = (count: number) =>
    worstCase({ prices: prices(), promptTokens: 0, maxTokens: count, feeRate: five });
  expect(tokens).toBe(63);
  expect(cost(tokens) <= amount).toBe(true);
  expect(cost(tokens + 1) > amount).toBe(true);
});

test('what costs nothing is paid for by an empty account too', () => {
  const free = prices({ prompt: 0n, completion: 0n, reasoning: 0n });
  const terms = { prices: free, feeRate: five, ownProviderKey: false };
  expect(affordableTokens(0n, terms)).toBe(Number.MAX_SAFE_INTEGER);
  expect(affordableTokens(0n, { ...terms, prices: prices() })).toBe(0);
});
