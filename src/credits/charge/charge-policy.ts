/**
 * What is charged for each way in which a completion can end: the table that the API publishes,
 * that the bill follows and that a test walks row by row.
 */
export type ChargeOutcome =
  | 'SUCCEEDED'
  | 'CONTENT_FILTERED'
  | 'CANCELLED'
  | 'BUDGET'
  | 'NOTHING_DELIVERED'
  | 'BROKE_OFF'
  | 'CONTINUED'
  | 'REPEATED'
  | 'OWN_PROVIDER_KEY';

export interface ChargeRule {
  /**
   * USAGE: the tokens given, at their price, and the fee. FEE: the fee alone. NOTHING: all is
   * waived.
   */
  readonly charges: 'USAGE' | 'FEE' | 'NOTHING';
  /** For callers. */
  readonly sentence: string;
}

export const chargePolicy: Readonly<Record<ChargeOutcome, ChargeRule>> = {
  SUCCEEDED: {
    charges: 'USAGE',
    sentence:
      "The provider's usage at the price in force at admission, plus the fee; counted by us and marked as estimated " +
      'when the provider gives no usage. Never more than was held.',
  },
  CONTENT_FILTERED: {
    charges: 'USAGE',
    sentence:
      "An answer that ends by the provider's content filter is charged like any other answer.",
  },
  CANCELLED: {
    charges: 'USAGE',
    sentence:
      'Cancelled, left, past a deadline that the caller set, or the key revoked: the prompt and what was generated ' +
      'until the abort reached the provider.',
  },
  BUDGET: {
    charges: 'USAGE',
    sentence: 'Stopped because credits or a limit ran out: the prompt and what was delivered.',
  },
  NOTHING_DELIVERED: {
    charges: 'NOTHING',
    sentence:
      'Nothing: a refusal, attempts that failed before content, an empty answer with an error, the loser of a hedge, ' +
      'our own fault or shutdown.',
  },
  BROKE_OFF: {
    charges: 'NOTHING',
    sentence:
      'Nothing: the answer broke off after content and was not continued, or was continued and broke off again.',
  },
  CONTINUED: {
    charges: 'USAGE',
    sentence:
      'Broken off and continued elsewhere: the prompt once and each delivered token once; the overlap is our loss.',
  },
  REPEATED: {
    charges: 'NOTHING',
    sentence:
      'Nothing: the same idempotency key within 24 hours returns the first completion, which is charged once.',
  },
  OWN_PROVIDER_KEY: {
    charges: 'FEE',
    sentence:
      'With your own provider key the provider bills you; only the fee on the list price is charged, where an outcome ' +
      'is charged at all.',
  },
};
