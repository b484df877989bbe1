import {
  divideHalfEven,
  greatest,
  inRange,
  invariant,
  least,
  lineAmount,
  type Money,
  type Price,
  shareOf,
} from '#kernel';
import type { ChargeKind, ChargeLine, TokenUsage, UnitPrices } from '../terms.ts';
import { type ChargeOutcome, chargePolicy } from './charge-policy.ts';

/** 1 in the scale of rates and prices. */
const one = 10n ** 18n;
/** 10⁻¹⁸ in a 10⁻¹²: an amount as the unit price of one. */
const pricePerAmount = 10n ** 6n;

export interface BillInput {
  readonly prices: UnitPrices;
  readonly tokens: TokenUsage;
  readonly images?: number;
  readonly outcome: Exclude<ChargeOutcome, 'OWN_PROVIDER_KEY'>;
  readonly ownProviderKey: boolean;
  /** The fee as a price-scaled decimal: 0.05 is 5 × 10¹⁶. */
  readonly feeRate: Price;
  readonly endpointId: string;
  /** What was set aside: the charge never exceeds it, the rest is waived. */
  readonly hold: Money;
}

/** The part of a settlement record that is about money. */
export interface Bill {
  readonly lines: readonly ChargeLine[];
  readonly cost: Money;
  readonly upstreamCost: Money;
  readonly fee: Money;
  readonly charged: Money;
  readonly waived: Money;
}

/**
 * What a completion comes to. Each line is rounded half-even to 10⁻¹² US dollar; `cost` is their
 * sum, `fee` the rate on it, rounded the same way. What the charge policy or the hold does not let
 * through is taken back by one WAIVED line, so that the lines always add up to `charged` = `cost` +
 * `fee`.
 */
export function bill(input: BillInput): Bill {
  const usage = usageLines(input);
  const listPrice = total(usage);
  const rule = chargePolicy[input.outcome].charges;
  if (input.ownProviderKey) return feeOnly(input, listPrice, rule === 'NOTHING');
  const full = inRange(listPrice + shareOf(listPrice, input.feeRate));
  const cost = rule === 'NOTHING' ? 0n : capped(listPrice, input);
  const fee = shareOf(cost, input.feeRate);
  return {
    lines: [...usage, ...waivedLine(listPrice - cost), ...feeLine(fee)],
    cost,
    upstreamCost: listPrice,
    fee,
    charged: cost + fee,
    waived: full - cost - fee,
  };
}

/**
 * Own provider key: the provider bills the organization itself, and the fee on its list price is
 * all that is ours.
 */
function feeOnly(input: BillInput, listPrice: Money, nothing: boolean): Bill {
  const full = shareOf(listPrice, input.feeRate);
  const fee = nothing ? 0n : least(full, input.hold);
  const lines = [...feeLine(full), ...waivedLine(full - fee)];
  return { lines, cost: 0n, upstreamCost: listPrice, fee, charged: fee, waived: full - fee };
}

/**
 * The cost that, with the fee on it, fits the hold. Flooring makes room for the fee's own rounding.
 */
function capped(cost: Money, { feeRate, hold }: BillInput): Money {
  if (cost + shareOf(cost, feeRate) <= hold) return cost;
  return (hold * one) / (one + feeRate);
}

function usageLines({ prices, tokens, images = 0, endpointId }: BillInput): readonly ChargeLine[] {
  const split = exclusive(tokens);
  const cacheWrite = prices.cacheWrite ?? prices.prompt;
  const quantities: readonly [ChargeKind, number, Price | null][] = [
    ['PROMPT', split.prompt, prices.prompt],
    ['CACHE_READ', split.cacheRead, prices.cacheRead ?? prices.prompt],
    ['CACHE_WRITE', split.cacheWrite - split.cacheWriteHour, cacheWrite],
    ['CACHE_WRITE', split.cacheWriteHour, prices.cacheWriteHour ?? cacheWrite],
    ['COMPLETION', split.completion, prices.completion],
    ['REASONING', split.reasoning, prices.reasoning ?? prices.completion],
    ['IMAGE', images, prices.image],
    ['REQUEST', prices.request === null ? 0 : 1, prices.request],
  ];
  return quantities.flatMap(([kind, quantity, unitPrice]) => {
    invariant(quantity === 0 || unitPrice !== null, `what is used has a price: ${kind}`);
    if (quantity === 0 || !unitPrice) return [];
    return [{ kind, quantity, unitPrice, amount: lineAmount(quantity, unitPrice), endpointId }];
  });
}

/**
 * Each token in exactly one kind. A provider whose parts exceed its whole is believed on the whole.
 */
function exclusive(tokens: TokenUsage): Required<TokenUsage> {
  const cacheRead = Math.min(tokens.cacheRead, tokens.prompt);
  const cacheWrite = Math.min(tokens.cacheWrite, tokens.prompt - cacheRead);
  const cacheWriteHour = Math.min(tokens.cacheWriteHour ?? 0, cacheWrite);
  const reasoning = Math.min(tokens.reasoning, tokens.completion);
  const prompt = tokens.prompt - cacheRead - cacheWrite;
  const completion = tokens.completion - reasoning;
  return { prompt, cacheRead, cacheWrite, cacheWriteHour, completion, reasoning };
}

const feeLine = (fee: Money): readonly ChargeLine[] => single('FEE', fee);
const waivedLine = (amount: Money): readonly ChargeLine[] => single('WAIVED', -amount);

function single(kind: ChargeKind, amount: Money): readonly ChargeLine[] {
  if (amount === 0n) return [];
  return [{ kind, quantity: 1, unitPrice: amount * pricePerAmount, amount, endpointId: null }];
}

export interface WorstCaseInput {
  readonly prices: UnitPrices;
  /** An upper bound of the prompt's tokens. */
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly images?: number;
  readonly feeRate: Price;
  readonly ownProviderKey?: boolean;
}

/**
 * The most that a completion can be charged: what a hold sets aside. Every prompt token at the
 * dearest kind of prompt token (a cache write costs more than a plain one), every generated one at
 * the dearer of completion and reasoning, plus the fee. A bill of many lines may round up by a few
 * 10⁻¹² more; it is cut to the hold.
 *
 * @throws Fault INVALID_INPUT beyond what 64 bits hold.
 */
export function worstCase(input: WorstCaseInput): Money {
  const { prices, promptTokens, maxTokens, images = 0, feeRate } = input;
  const { cacheRead, cacheWrite, cacheWriteHour } = prices;
  const prompt = dearest(prices.prompt, cacheRead, cacheWrite, cacheWriteHour);
  const completion = dearest(prices.completion, prices.reasoning);
  const cost =
    lineAmount(promptTokens, prompt) +
    lineAmount(maxTokens, completion) +
    lineAmount(images, prices.image ?? 0n) +
    lineAmount(1, prices.request ?? 0n);
  const fee = shareOf(cost, feeRate);
  return inRange(input.ownProviderKey ? fee : cost + fee);
}

export type AffordableInput = Pick<BillInput, 'prices' | 'feeRate' | 'ownProviderKey'>;

/**
 * How many tokens `amount` pays for at these prices, fee included: the rest of a hold in tokens.
 * With an own provider key the fee is all that they cost.
 */
export function affordableTokens(amount: Money, input: AffordableInput): number {
  const { prices, feeRate, ownProviderKey } = input;
  const unit = dearest(prices.completion, prices.reasoning);
  const rate = ownProviderKey ? feeRate : one + feeRate;
  if (amount < 0n) return 0;
  // What costs nothing needs no credits at all.
  if (unit === 0n || rate === 0n) return Number.MAX_SAFE_INTEGER;
  const charged = divideHalfEven(unit * rate, one) + 1n;
  const tokens = (amount * pricePerAmount) / charged;
  return Number(least(tokens, BigInt(Number.MAX_SAFE_INTEGER)));
}

const total = (lines: readonly ChargeLine[]) => lines.reduce((sum, line) => sum + line.amount, 0n);
const dearest = (base: Price, ...others: readonly (Price | null)[]) =>
  others.reduce<Price>((top, price) => greatest(top, price ?? 0n), base);
