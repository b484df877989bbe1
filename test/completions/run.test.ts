import { describe, expect, it } from 'vitest';
import { Fault, formatMoney } from '#kernel';
import type { Route } from '#routing';
import type { UpstreamEvent } from '#upstream';
import { fault } from '../routing/stand.ts';
import {
  dollarAnAnswerToken,
  failsWith,
  ordinary,
  type Play,
  says,
  sends,
  someone,
  stand,
  text,
  used,
  waitsAfter,
} from './stand.ts';

const two = [
  { provider: 'one', pricing: { prompt: 1n, completion: 1n } },
  { provider: 'two', pricing: { prompt: 10n ** 18n, completion: 10n ** 18n } },
];
const first = { provider: { order: ['one', 'two'] } } as const;
const stopped = { unified: 'STOP', raw: 'stop' } as const;
const charged = ({ usage }: { usage: { charged: bigint } }) => formatMoney(usage.charged);

/** Plays one after the other, one an attempt. */
const inTurn = (...plays: readonly Play[]): Play => {
  const left = [...plays];
  return (call, signal) => (left.shift() as Play)(call, signal);
};

describe('how a completion ends', () => {
  it('STREAM 4: answered: the last event comes behind all content, with the bill', async () => {
    const { run, play, purse } = stand({});
    play(says('Good ', 'morning'));
    const { completion, story } = await run();
    expect(story).toEqual(['CompletionStarted', 'Good ', 'morning', 'CompletionFinished']);
    expect(completion).toMatchObject({ status: 'SUCCEEDED', finishReason: 'STOP', error: null });
    expect(charged(completion)).toBe('4');
    expect(purse.held).toBe(0n);
  });

  it.each(['LENGTH', 'TOOL_CALLS', 'CONTENT_FILTER'] as const)('%s succeeds', async (unified) => {
    const { run, play, purse } = stand({});
    play(sends([text('Well'), used(2, 1), { type: 'finish', reason: { unified, raw: 'x' } }]));
    const { completion } = await run();
    expect(completion).toMatchObject({
      status: 'SUCCEEDED',
      finishReason: unified,
      nativeFinishReason: 'x',
    });
    expect(charged(completion)).toBe('3');
    expect(purse.records.length).toBe(1);
  });

  it('counted here when the provider reports more tokens than anybody counts', async () => {
    const { run, play } = stand({});
    play(sends([text('Well'), used(2 ** 31, 1), { type: 'finish', reason: stopped }]));
    const { completion } = await run();
    expect(completion.usage).toMatchObject({ estimated: true, completionTokens: 1 });
    expect(completion.usage.promptTokens).toBeLessThan(100);
  });

  it('holds nothing when its bill is beyond what can be accounted for', async () => {
    const dear = { prompt: 9_300n * 10n ** 18n, completion: 0n };
    const { run, play, purse } = stand({ offers: [{ provider: 'one', pricing: dear }] });
    play(sends([text('Well'), used(1_000, 1), { type: 'finish', reason: stopped }]));
    const { story } = await run();
    expect(story.at(-1)).toBe('CompletionFailed');
    expect([purse.held, purse.records.length]).toEqual([0n, 0]);
  });

  it('refused when its money is gone before anything was sent: the node had slept', async () => {
    const { run, purse, calls } = stand({});
    purse.lost = true;
    const { completion, story } = await run();
    expect(story).toEqual(['CompletionFailed']);
    expect(completion.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect([calls.length, purse.records.length, purse.held]).toEqual([0, 0, 0n]);
  });

  /** While it is being sent, the node sleeps and its money goes to others. */
  const sleeping =
    (purse: { lost: boolean }, play: Play): Play =>
    (call, signal) => {
      purse.lost = true;
      return play(call, signal);
    };

  it('failed at no cost when its money is gone before the next attempt', async () => {
    const { run, play, purse, calls } = stand({ offers: two });
    play(sleeping(purse, failsWith(fault('CUT'))));
    const { completion } = await run(first);
    expect(completion).toMatchObject({ status: 'FAILED', error: { code: 'UNAVAILABLE' } });
    expect([calls.length, charged(completion)]).toEqual([1, '0']);
  });

  it('BUDGET when its money is gone before it could be continued: what came is paid', async () => {
    const offers = ['one', 'two'].map((provider) => ({ provider, pricing: dollarAnAnswerToken }));
    const { run, play, purse, calls } = stand({ offers });
    play(sleeping(purse, failsWith(fault('CUT'), 'Half an')));
    const { completion } = await run({ provider: { onStreamFailure: 'CONTINUE' } });
    expect(completion).toMatchObject({ status: 'SUCCEEDED', finishReason: 'BUDGET' });
    expect([calls.length, charged(completion)]).toEqual([1, '2']);
  });

  it('STREAM 2: refused: one event, no attempt, nothing set aside, nothing stored', async () => {
    const { run, purse, calls, completions } = stand({});
    const { completion, events } = await run({ model: 'acme/nothing' });
    expect(await completions.find(someone, completion.id)).toBeNull();
    expect(events).toMatchObject([
      { type: 'CompletionFailed', sequence: 1, error: { code: 'MODEL_NOT_FOUND' } },
    ]);
    expect(completion).toMatchObject({ status: 'FAILED', finishReason: null, attempts: [] });
    expect([purse.asked, purse.records, calls]).toEqual([[], [], []]);
  });

  it('STREAM 3: every attempt failed: each is told, the last is the error, free', async () => {
    const { run, play, purse } = stand({ offers: two });
    play(inTurn(failsWith(fault('STATUS', { httpStatus: 500 })), failsWith(fault('CONNECT'))));
    const { completion, events } = await run(first);
    expect(events.map(({ type }) => type)).toEqual([
      'CompletionStarted',
      'RouteChanged',
      'CompletionStarted',
      'RouteChanged',
      'CompletionFailed',
    ]);
    expect(events[3]).toMatchObject({ next: null });
    expect(completion).toMatchObject({ status: 'FAILED', finishReason: 'ERROR' });
    expect(completion.attempts.length).toBe(2);
    expect(charged(completion)).toBe('0');
    expect(purse.records).toMatchObject([{ status: 'FAILED', charged: 0n }]);
  });

  it('broke off after content: no second attempt, and what was there costs nothing', async () => {
    const { run, play, calls } = stand({ offers: two });
    play(failsWith(fault('CUT'), 'Half an '));
    const { completion, story } = await run(first);
    expect(story).toEqual(['CompletionStarted', 'Half an ', 'RouteChanged', 'CompletionFailed']);
    expect(completion).toMatchObject({ attempts: [{ outcome: 'BROKE_OFF' }], status: 'FAILED' });
    expect(completion.content?.text).toBe('Half an ');
    expect(charged(completion)).toBe('0');
    expect(calls.length).toBe(1);
  });

  it('leaves its route when it has an answer: no further endpoint is worked out', async () => {
    const { run, play, rooms } = stand({ offers: two });
    play(says('Hello'));
    const { route } = rooms.router;
    const made: Route[] = [];
    rooms.router.route = (request) => {
      made.push(route(request));
      return made[0] as Route;
    };
    await run(first);
    expect(made[0]?.candidateAt(0)).toBeDefined();
    expect(made[0]?.candidateAt(1)).toBeUndefined();
  });

  it('our own fault after an attempt was made costs nothing and is masked', async () => {
    const { run, play, rooms } = stand({ offers: two });
    play(failsWith(fault('CUT')));
    rooms.router.report = () => {
      throw new TypeError('a secret of the house');
    };
    const { completion } = await run(first);
    expect(completion).toMatchObject({ status: 'FAILED', error: { code: 'INTERNAL' } });
    expect(completion.error?.public).not.toContain('secret');
    expect(charged(completion)).toBe('0');
  });

  it('a bill that could not be made durable was not acknowledged, so it is no charge', async () => {
    const { run, play, purse, log } = stand({});
    play(says('Hello'));
    purse.broken = new Fault('UNAVAILABLE', { public: 'The disk is full.' });
    const { completion, events } = await run();
    expect(events.at(-1)).toMatchObject({
      type: 'CompletionFailed',
      error: { code: 'UNAVAILABLE' },
    });
    expect(charged(completion)).toBe('0');
    expect(log.lines).toMatchObject([{ level: 'error' }]);
  });
});

describe('who watches decides how long it runs', () => {
  const start = async (input = {}, how = {}) => {
    const room = stand({});
    room.play(waitsAfter('So '));
    const { completions } = room;
    const options = { streamed: true, coalesceMs: 0, ...how };
    const started = await completions.start(someone, { ...ordinary, ...input }, options);
    const leaving = new AbortController();
    const viewer = started.events(0, leaving.signal)[Symbol.asyncIterator]();
    await viewer.next();
    await room.clock.advance(0);
    return { ...room, started, leaving, viewer };
  };

  it('STREAM 8: the last to leave cancels it, charged for what was generated', async () => {
    const { leaving, started, completions, purse } = await start();
    leaving.abort();
    const ended = await completions.cancel(someone, started.id);
    expect(ended).toMatchObject({ status: 'CANCELLED', finishReason: 'CANCELLED', error: null });
    expect(ended?.usage).toMatchObject({ estimated: true, promptTokens: 1, completionTokens: 2 });
    expect(purse.records).toMatchObject([{ status: 'CANCELLED', charged: 3n * 10n ** 12n }]);
  });

  it('as long as somebody is left it runs on', async () => {
    const { leaving, started } = await start();
    const other = started.events(0)[Symbol.asyncIterator]();
    leaving.abort();
    expect(started.completion().status).toBe('RUNNING');
    await other.return?.();
    expect(started.completion().status).toBe('CANCELLED');
  });

  it('detached it runs on when nobody is left', async () => {
    const { leaving, started } = await start({}, { detached: true });
    leaving.abort();
    expect(started.completion().status).toBe('RUNNING');
  });

  it('it runs on for somebody who joined it and asked for a detached one', async () => {
    const key = { idempotencyKey: 'a key' };
    const { leaving, started, completions } = await start(key);
    const how = { streamed: false, detached: true };
    const joined = await completions.start(someone, { ...ordinary, ...key }, how);
    expect(joined.id).toBe(started.id);
    leaving.abort();
    expect(started.completion().status).toBe('RUNNING');
  });

  it('a viewer that was waiting is let go at once when it leaves', async () => {
    const { viewer } = await start();
    await viewer.next();
    const waiting = viewer.next();
    await viewer.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('the meter', () => {
  const offer = { provider: 'one', pricing: dollarAnAnswerToken, contextLength: 100_000 };
  const offers = [offer];
  const endlessly = (event: UpstreamEvent): Play =>
    async function* () {
      for (;;) yield [event];
    };

  it('§17 an answer without a cap is held for 4,096 tokens and extended as it grows', async () => {
    const { run, play, purse } = stand({ offers, dollars: 50_000 });
    play(says(...Array.from({ length: 9_000 }, () => 'word ')));
    const { completion } = await run();
    expect(purse.asked[0]?.amount).toBe(4_096n * 10n ** 12n);
    expect(completion).toMatchObject({ status: 'SUCCEEDED', finishReason: 'STOP' });
    expect(charged(completion)).toBe('9000');
  });

  const kinds: readonly UpstreamEvent[] = [
    text('word '),
    { type: 'hiddenReasoning', text: 'word ' },
  ];
  it.each(kinds)('of $type stops at what the credits pay: BUDGET, with a charge', async (event) => {
    const { run, play, purse, calls } = stand({ offers, dollars: 5_000 });
    play(endlessly(event));
    const { completion } = await run();
    expect(completion).toMatchObject({ status: 'SUCCEEDED', finishReason: 'BUDGET' });
    expect(calls[0]?.request.maxTokens).toBe(4_999);
    expect(purse.held).toBe(0n);
    expect(purse.free).toBeGreaterThanOrEqual(0n);
    expect(completion.usage.charged).toBeLessThanOrEqual(5_000n * 10n ** 12n);
    expect(completion.usage.completionTokens).toBeGreaterThan(4_000);
  });

  it.each([
    ['a token weighs 9 bytes in Hindi', 'बताया '.repeat(4_000)],
    ['a token came in several pieces', ...Array.from({ length: 8_500 }, () => 'w')],
  ])('is not stopped while all that the model can give is paid for: %s', async (_why, ...said) => {
    const { run, play, purse } = stand({ offers: [{ ...offer, maxOutputTokens: 8_000 }] });
    play(sends([...said.map(text), used(0, 4_000), { type: 'finish', reason: stopped }]));
    const { completion } = await run();
    expect(completion).toMatchObject({ status: 'SUCCEEDED', finishReason: 'STOP' });
    expect(completion.content?.text).toBe(said.join(''));
    expect(purse.held).toBe(0n);
  });

  it('§18 an answer that ends at the cap that the credits set is BUDGET, not LENGTH', async () => {
    const { run, play } = stand({ offers, dollars: 5_000 });
    const length = { unified: 'LENGTH', raw: 'length' } as const;
    play(sends([text('word '), used(0, 4_999), { type: 'finish', reason: length }]));
    expect((await run()).completion.finishReason).toBe('BUDGET');
  });

  it("a caller's own cap is held whole, and reaching it is LENGTH", async () => {
    const { run, play, purse, calls } = stand({ offers, dollars: 5_000 });
    const length = { unified: 'LENGTH', raw: 'length' } as const;
    play(sends([text('word '), used(0, 1), { type: 'finish', reason: length }]));
    const { completion } = await run({ maxTokens: 7 });
    expect(purse.asked[0]?.amount).toBe(7n * 10n ** 12n);
    expect(calls[0]?.request.maxTokens).toBe(7);
    expect(completion.finishReason).toBe('LENGTH');
  });

  it('what does not fit is refused with the tokens that would', async () => {
    const { run, calls } = stand({ offers, dollars: 7 });
    const { completion } = await run({ maxTokens: 8 });
    expect(completion.error).toMatchObject({
      code: 'INSUFFICIENT_CREDITS',
      required: 8n * 10n ** 12n,
      available: 7n * 10n ** 12n,
    });
    const { affordableMaxTokens } = completion.error as { affordableMaxTokens?: number };
    expect(affordableMaxTokens).toBeGreaterThanOrEqual(6);
    expect((await run({ maxTokens: affordableMaxTokens ?? 0 })).completion.status).toBe(
      'SUCCEEDED',
    );
    expect(calls.length).toBe(1);
  });
});
