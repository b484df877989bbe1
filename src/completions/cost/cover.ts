import { affordableTokens, worstCase } from '#credits';
import { greatest, type Money, type Price } from '#kernel';
import type { Candidate } from '#routing';

/**
 * Without `maxTokens` a hold starts with this many tokens of answer, and is extended as the answer
 * grows.
 */
const firstAnswerTokens = 4_096;

export interface Size {
  /** An upper bound. */
  readonly promptTokens: number;
  /** Prompts that have a context each; one when absent. */
  readonly prompts?: number;
  readonly images: number;
  /** The caller's cap; null without one. */
  readonly maxTokens: number | null;
  readonly feeRate: Price;
}

/** How the hold of a completion covers what its candidates may come to. */
export interface Cover {
  /** What is set aside at first: the dearest candidate's worst case. */
  worstCase(): Money;
  /** What the prompt alone costs at the dearest candidate, with the fee. */
  promptCost(): Money;
  /** The largest `maxTokens` that `available` admits; null when not even the prompt fits. */
  affordableMaxTokens(available: Money): number | null;
  /** What `tokens` of answer cost at this candidate at the most, with its prompt and the fee. */
  costAt(candidate: Candidate, tokens: number): Money;
  /**
   * The output cap that goes upstream (a provider may go on after an abort, and hidden reasoning
   * never streams): the caller's, or the least of what the model can give and what the allowances
   * can pay.
   */
  outputCap(candidate: Candidate, affordable: Money): OutputCap;
}

export interface OutputCap {
  readonly tokens: number;
  /**
   * The allowances, not the caller or the model, decided it: an answer that reaches it was stopped
   * by the budget.
   */
  readonly byCredits: boolean;
  /** No cap was asked for: the hold grows with the answer. */
  readonly grows: boolean;
}

export function coverOf(candidates: readonly Candidate[], size: Size): Cover {
  const { images, feeRate, maxTokens } = size;
  const costAt = (candidate: Candidate, tokens: number): Money =>
    worstCase({
      prices: candidate.prices,
      promptTokens: Math.min(
        size.promptTokens,
        candidate.endpoint.contextLength * (size.prompts ?? 1),
      ),
      maxTokens: tokens,
      images,
      feeRate,
      ownProviderKey: candidate.ownKey !== undefined,
    });
  const mostTokens = ({ endpoint }: Candidate) =>
    Math.min(endpoint.maxOutputTokens ?? Number.MAX_SAFE_INTEGER, endpoint.contextLength);
  const firstTokens = (candidate: Candidate) =>
    Math.min(maxTokens ?? firstAnswerTokens, mostTokens(candidate));
  const affordableAt = (candidate: Candidate, available: Money) => {
    const left = available - costAt(candidate, 0);
    const ownProviderKey = candidate.ownKey !== undefined;
    const at = { prices: candidate.prices, feeRate, ownProviderKey };
    return left < 0n ? -1 : affordableTokens(left, at);
  };

  const dearest = (cost: (candidate: Candidate) => Money) =>
    candidates.map(cost).reduce(greatest, 0n);

  return {
    costAt,
    worstCase: () => dearest((candidate) => costAt(candidate, firstTokens(candidate))),
    promptCost: () => dearest((candidate) => costAt(candidate, 0)),
    affordableMaxTokens(available) {
      const tokens = Math.min(...candidates.map((candidate) => affordableAt(candidate, available)));
      return tokens < 1 ? null : Math.min(tokens, 2 ** 31 - 1);
    },
    outputCap(candidate, affordable) {
      if (maxTokens !== null) {
        const tokens = Math.min(maxTokens, mostTokens(candidate));
        return { tokens, byCredits: false, grows: false };
      }
      const most = mostTokens(candidate);
      const payable = Math.max(1, affordableAt(candidate, affordable));
      return { tokens: Math.min(most, payable), byCredits: payable < most, grows: true };
    },
  };
}
