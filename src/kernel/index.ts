/**
 * kernel: time, randomness, ids, money, faults, aborts, the log. Owns no state and knows no other
 * room.
 *
 * 1. Wall time, timers and randomness are taken from here and nowhere else, so that a test can own
 *    them.
 * 2. An amount of money is an exact integer; there is one rounding rule.
 * 3. A log line has a closed set of fields; a credential in one of them is masked.
 */
export { Bag } from './bag.ts';
export { type Clock, sleep, systemClock, type Timer } from './clock.ts';
export { dayMs, hourMs, minuteMs, secondMs } from './durations.ts';
export { Fault, type FaultCode, type InputIssue, InvalidInput, issuesMax } from './fault.ts';
export { amountOf, isKeepable, positive, together } from './fields.ts';
export { Fifo } from './fifo.ts';
export { type Flow, flowOf, handedOver, inOrder, type Take } from './flow.ts';
export {
  completionId,
  derivedId,
  type IdKind,
  idKind,
  idPrefixes,
  isId,
  newId,
  readCompletionId,
} from './ids.ts';
export { InvariantViolation, invariant } from './invariant.ts';
export { jsonDepthMax, nestedWithin } from './json-depth.ts';
export { lower, upper } from './letter-case.ts';
export { type Log, type LogFields, type LogLevel, openLog, silentLog } from './log.ts';
export {
  amountMax,
  divideHalfEven,
  dollarsOf,
  formatMoney,
  formatPerMillion,
  formatPrice,
  greatest,
  inRange,
  least,
  lineAmount,
  type Money,
  moneyOrNull,
  type Price,
  parseMoney,
  parsePrice,
  perMillionOrNull,
  priceDigits,
  priceOrNull,
  shareOf,
} from './money.ts';
export { oneAtATime } from './one-at-a-time.ts';
export {
  base32Digits,
  base62Digits,
  type Random,
  secureText,
  seededRandom,
  systemRandom,
} from './random.ts';
export { scrub } from './scrub.ts';
export { Secret } from './secret.ts';
export { shortened } from './shortened.ts';
export { type Deadline, deadline, type LinkedAbort, linkAborts } from './signal.ts';
export { atTurnEnd } from './turn-end.ts';
