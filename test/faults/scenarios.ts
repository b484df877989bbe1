import assert from 'node:assert/strict';
import { finishChunk, type StubScript, usageChunk } from '../harness/upstream-stub.ts';
import { answersProperly, begin, usage, wholeText } from './answer.ts';
import type { Outcome, Trial } from './trial.ts';

/**
 * The faults that a gateway meets, after the catalogue of failoverbench/failoverbench, and what a
 * caller must get of each, through whichever door it asks. The provider at fault is tried first,
 * another model of another provider second.
 */
export interface Scenario {
  readonly name: string;
  /** What the caller must get. */
  readonly must: string;
  /**
   * Where the catalogue would have more, or something else: its verdict, and what is done here. See
   * docs/decisions/2026-11-26-another-provider-at-once.md.
   */
  readonly differs?: string;
  /** How the provider answers its nth request, from 1. */
  readonly answer: (nth: number) => StubScript;
  readonly timeouts?: { readonly firstContentTimeoutMs?: number; readonly idleTimeoutMs?: number };
  /** Throws when the caller got anything else. */
  readonly check: (trial: Trial) => Promise<void>;
}

/** Long enough for a loaded machine to deliver what was sent, short enough to wait for. */
const shortMs = 250;

const refuses =
  (status: number, code: string, headers: Readonly<Record<string, string>> = {}): StubScript =>
  (answer) =>
    answer.json(status, { error: { message: `It is ${code}.`, code } }, headers);

const atTheCallersWish = 'safe, and pass with onStreamFailure: CONTINUE';

const silent: StubScript = () => {};

const once =
  (fault: StubScript) =>
  (nth: number): StubScript =>
    nth === 1 ? fault : answersProperly;

/** The other provider answers at once, and the one at fault was asked so many times. */
async function rescued(trial: Trial, asked = 1): Promise<Outcome> {
  const outcome = await trial.ask();
  answered(outcome);
  assert.equal(trial.asked, asked, 'requests at the provider at fault');
  assert.equal(outcome.model, trial.otherModel, 'the model that the caller is told of');
  return outcome;
}

function answered(outcome: Outcome): void {
  assert.deepEqual(
    { ended: outcome.ended, text: outcome.text, error: outcome.error },
    { ended: 'properly', text: wholeText, error: null },
  );
}

/**
 * By default an error in the form of the door, after what was really said and without a charge;
 * the whole answer where the caller wants it gone on with.
 */
async function neverCutShort(trial: Trial): Promise<void> {
  const outcome = await trial.ask();
  assert.equal(outcome.ended, 'with an error');
  assert.ok(wholeText.startsWith(outcome.text), 'what was delivered is the beginning');
  assert.match(outcome.error ?? '', /at-fault/, 'the error names the provider');
  assert.equal(outcome.charged, '0');
  answered(await trial.ask({ onStreamFailure: 'CONTINUE' }));
  await healthy(trial);
}

/** The provider at fault was never asked again before so much time had passed. */
function spaced({ askedAtMs }: Trial, ms: number): void {
  const gaps = askedAtMs.slice(1).map((at, index) => at - (askedAtMs[index] ?? 0));
  assert.ok(
    gaps.every((gap) => gap >= ms),
    `asked again after ${gaps} ms`,
  );
}

/** The next caller is served. */
async function healthy(trial: Trial): Promise<void> {
  answered(await trial.askOther());
}

export const scenarios: readonly Scenario[] = [
  {
    name: '429 with Retry-After',
    must: 'another provider answers at once; the wait is kept, then the provider is used again',
    differs: 'partial: the same provider is not asked again within the request',
    answer: once(refuses(429, 'rate_limit_exceeded', { 'retry-after': '2' })),
    async check(trial) {
      await rescued(trial);
      answered(await trial.ask());
      spaced(trial, 2_000);
      trial.clock.skip(2_000);
      const outcome = await trial.ask();
      answered(outcome);
      assert.equal(outcome.model, trial.model);
    },
  },
  {
    name: '429 without Retry-After',
    must: 'another provider answers; the provider is left alone for a second',
    answer: () => refuses(429, 'rate_limit_exceeded'),
    async check(trial) {
      await rescued(trial);
      for (let time = 0; time < 3; time++) answered(await trial.ask());
      spaced(trial, 1_000);
    },
  },
  {
    name: '500, then healthy',
    must: 'another provider answers; the next request is for the provider again',
    differs: 'partial: the same provider is not asked again within the request',
    answer: once(refuses(500, 'server_error')),
    async check(trial) {
      await rescued(trial);
      const outcome = await trial.ask();
      answered(outcome);
      assert.equal(outcome.model, trial.model);
    },
  },
  {
    name: '503',
    must: 'another provider answers after one attempt',
    answer: () => refuses(503, 'overloaded'),
    check: async (trial) => void (await rescued(trial)),
  },
  {
    name: 'reset before headers',
    must: 'another provider answers, after one more try where a kept connection may have died',
    answer: () => (answer) => answer.reset(),
    async check(trial) {
      answered(await trial.ask());
      assert.ok(trial.asked <= 2);
      assert.equal(trial.askedOther, 1);
    },
  },
  {
    name: 'no answer',
    must: 'another provider answers after the time-out; the silent one is not tried again',
    answer: () => silent,
    timeouts: { firstContentTimeoutMs: shortMs },
    check: async (trial) => void (await rescued(trial)),
  },
  {
    name: 'slow first token',
    must: 'another provider answers when the first token is not there in time',
    differs: 'partial: "in time" is 30 s, and 15 s only where the endpoint is set so',
    answer: () => async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' });
      await answer.write(': still here\n\n');
    },
    timeouts: { firstContentTimeoutMs: shortMs },
    check: async (trial) => void (await rescued(trial)),
  },
  {
    name: 'cut in the middle',
    must: 'an error, never a clean end; the whole answer where it is to be gone on with',
    differs: atTheCallersWish,
    answer: () => async (answer) => {
      await begin(answer, 40);
      answer.cut();
    },
    check: neverCutShort,
  },
  {
    name: 'stall in the middle',
    must: 'the same, after the time-out',
    differs: atTheCallersWish,
    answer: () => async (answer) => {
      await begin(answer, 20);
    },
    timeouts: { idleTimeoutMs: shortMs },
    check: neverCutShort,
  },
  {
    name: 'malformed chunk',
    must: 'the same; nothing of the malformed chunk reaches the caller',
    differs: atTheCallersWish,
    answer: () => async (answer) => {
      await begin(answer, 10);
      await answer.sse('{"choices":[{"delta":{"content":"gar');
      await answer.sse(finishChunk());
    },
    check: neverCutShort,
  },
  {
    name: 'no [DONE]',
    must: 'the same: without the end mark of its protocol no answer is known to be whole',
    differs: `${atTheCallersWish}; it takes such an answer for whole`,
    answer: () => async (answer) => {
      await begin(answer, 60);
      await answer.sse(finishChunk(), usageChunk(usage.prompt, usage.completion));
      answer.end();
    },
    check: neverCutShort,
  },
  {
    name: 'context too long',
    must: 'a model with a larger context answers; the same one is not asked again',
    answer: () => refuses(400, 'context_length_exceeded'),
    check: async (trial) => void (await rescued(trial)),
  },
  {
    name: 'content filter',
    must: "an error with the provider's reason; nobody else is asked",
    answer: () => refuses(400, 'content_policy_violation'),
    async check(trial) {
      const outcome = await trial.ask();
      assert.equal(outcome.ended, 'with an error');
      assert.match(outcome.error ?? '', /It is content_policy_violation\./);
      assert.equal(outcome.charged, '0');
      assert.deepEqual([trial.asked, trial.askedOther], [1, 0]);
    },
  },
  {
    name: 'prefill refused',
    must: 'the answer is gone on with at a provider that refuses to go on from its own turn',
    answer: () => async (answer) => {
      await begin(answer, 40);
      answer.cut();
    },
    async check(trial) {
      answered(await trial.ask({ onStreamFailure: 'CONTINUE' }));
      assert.equal(trial.askedOther, 1);
    },
  },
  {
    name: 'flapping',
    must: 'while it is down another provider answers and it is left alone; then it is used again',
    answer: (nth) => (nth <= 5 ? refuses(503, 'overloaded') : answersProperly),
    async check(trial) {
      for (let time = 1; time <= 8; time++) await rescued(trial, Math.min(time, 5));
      trial.clock.skip(10_000);
      for (let time = 6; time <= 8; time++) {
        const outcome = await trial.ask();
        answered(outcome);
        assert.deepEqual([outcome.model, trial.asked], [trial.model, time]);
      }
    },
  },
  {
    name: 'accounting across failover',
    must: 'model, usage and charge are those of who answered; failed attempts cost nothing',
    answer: () => refuses(503, 'overloaded'),
    async check(trial) {
      const outcome = await rescued(trial);
      assert.deepEqual(outcome.usage, usage);
      // 11 × $0.000001 + 60 × $0.000002, and five per cent.
      assert.equal(outcome.charged, '0.00013755');
    },
  },
];
