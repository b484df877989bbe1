import { Fault, formatMoney, type Money } from '#kernel';
import type { AllowanceTarget } from '../terms.ts';

export interface Shortage {
  readonly allowance: AllowanceTarget['kind'];
  readonly required: Money;
  readonly available: Money;
  /** When the limit's period starts anew; null when it never does, or for credits. */
  readonly resetsAt: Date | null;
  /**
   * The largest `maxTokens` that would be admitted; null when not even the prompt fits, or when
   * nobody worked it out.
   */
  readonly affordableMaxTokens?: number | null;
  /** What has to be paid before credits can be spent again; nothing when absent. */
  readonly owed?: Money;
}

const owners = {
  ORGANIZATION: "the organization's credits",
  MEMBER: "the member's monthly budget",
  API_KEY: "the key's limit",
} as const;

/**
 * The worst case does not fit: INSUFFICIENT_CREDITS for credits, LIMIT_EXCEEDED for a member's or a
 * key's limit.
 */
export class InsufficientCredits extends Fault {
  override readonly name = 'InsufficientCredits';
  readonly allowance: AllowanceTarget['kind'];
  readonly required: Money;
  readonly available: Money;
  readonly resetsAt: Date | null;
  readonly affordableMaxTokens: number | null;
  readonly owed: Money;

  constructor(shortage: Shortage) {
    const { allowance, required, available, resetsAt, owed = 0n } = shortage;
    super(allowance === 'ORGANIZATION' ? 'INSUFFICIENT_CREDITS' : 'LIMIT_EXCEEDED', {
      public: owed > 0n ? owedText(owed) : shortText(shortage),
    });
    this.allowance = allowance;
    this.required = required;
    this.available = available;
    this.resetsAt = resetsAt;
    this.affordableMaxTokens = shortage.affordableMaxTokens ?? null;
    this.owed = owed;
  }
}

const shortText = (shortage: Shortage) =>
  `This could cost up to ${formatMoney(shortage.required)} US dollars, and ` +
  `${owners[shortage.allowance]} can pay ${formatMoney(shortage.available)} now. ` +
  `Ask for fewer tokens, or ${otherWay(shortage)}.`;

function otherWay({ allowance, resetsAt }: Shortage): string {
  if (allowance === 'ORGANIZATION') return 'add credits';
  if (!resetsAt) return 'have it raised';
  return `have it raised, or wait until ${resetsAt.toISOString()}, when it starts anew`;
}

const owedText = (owed: Money) =>
  `A payment of the organization went back or is disputed, and ${formatMoney(owed)} US dollars ` +
  'are owed. Nothing is run until they are paid: they are taken from the next credits bought.';

/** The money may be there, but not within reach of this node now. */
export function creditsOutOfReach(internal: string, cause?: unknown): Fault {
  return new Fault('UNAVAILABLE', {
    public: 'The credit account cannot be read now. Nothing was started or charged; try again.',
    internal,
    retryAfterMs: 1_000,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The money is there, and another node has it set aside: one that was killed for a minute. */
export function creditsElsewhere(): Fault {
  return new Fault('UNAVAILABLE', {
    public:
      'What is left of the credits, or of a limit, is set aside at another node for a moment, or ' +
      'a minute if that node was lost. Nothing was started or charged; try again.',
    internal: 'the money is in the leases of other nodes',
    retryAfterMs: 1_000,
  });
}

/** A key under which something else was moved before. */
export function keyUsedOtherwise(): Fault {
  return new Fault('CONFLICT', {
    public: 'This idempotency key was used for something else. Use a new key for something new.',
  });
}
