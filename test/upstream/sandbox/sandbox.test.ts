import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, Secret, seededRandom, silentLog, systemClock } from '#kernel';
import { openSandbox, type Sandbox, UpstreamFault } from '#upstream';
import { recordingLog } from '../../harness/recording-log.ts';
import { callTo, connector, outcomeOf, patient, pulled, send } from '../calls.ts';

/** Time that passes as soon as it is waited for, and remembers how long that was. */
function hurriedClock(): Clock & { waits: number[] } {
  const waits: number[] = [];
  return {
    ...systemClock,
    waits,
    after(delayMs, run) {
      waits.push(delayMs);
      const handle = setImmediate(run);
      return { cancel: () => clearImmediate(handle) };
    },
  };
}

let sandbox: Sandbox;
let clock: ReturnType<typeof hurriedClock>;
const log = recordingLog();
beforeEach(async () => {
  clock = hurriedClock();
  sandbox = await openSandbox({ clock, random: seededRandom('sandbox'), log });
});
afterEach(async () => {
  await sandbox.close();
  expect(log.lines).toEqual([]);
});

type Given = NonNullable<Parameters<typeof callTo>[1]>;

function call(model: string, given: Given = {}, provider = 'sandbox') {
  const target = { secret: sandbox.secret, model, ...given.target };
  return callTo(`${sandbox.url}/${provider}/v1`, { ...given, target });
}
const ask = (model: string, given: Given = {}) => send(call(model, given));
const user = (content: string) => [{ role: 'user', content }] as const;

describe.each([true, false])('the sandbox (stream: %s)', (stream) => {
  test('echoes the last message of the user to the letter', async () => {
    const messages = [...user('First'), ...user('  Grüße,\n aus dem 市場 👋 ')];
    const { text, thrown } = await ask('echo', { stream, request: { messages } });
    expect([text, thrown]).toEqual(['  Grüße,\n aus dem 市場 👋 ', undefined]);
  });

  test('counts a word with its space as a token', async () => {
    const messages = [{ role: 'system', content: 'Be brief' }, ...user('one two three')] as const;
    const { events } = await ask('echo', { stream, request: { messages } });
    expect(events.at(-2)).toMatchObject({ usage: { prompt: 5, completion: 3 } });
  });

  test('babbles the same for the same messages, and otherwise for others', async () => {
    const say = async (content: string, seed?: number) => {
      const request = { messages: user(content), ...(seed === undefined ? {} : { seed }) };
      return (await ask('markov', { stream, request })).text;
    };
    const answer = await say('a');
    expect(answer.length).toBeGreaterThan(50);
    expect(await say('a')).toBe(answer);
    expect(await say('b')).not.toBe(answer);
    expect(await say('b', 7)).toBe(await say('c', 7));
  });

  test('stops at the output cap and says so', async () => {
    const { events, text } = await ask('markov', { stream, request: { maxTokens: 5 } });
    expect(text.trim().split(' ')).toHaveLength(5);
    expect(events.slice(-2)).toMatchObject([
      { usage: { completion: 5 } },
      { reason: { unified: 'LENGTH' } },
    ]);
  });

  test('stops before a stop sequence', async () => {
    const request = { messages: user('one two three four'), stop: ['four', 'three'] };
    const { events, text } = await ask('echo', { stream, request });
    expect(text).toBe('one two ');
    expect(events.at(-1)).toMatchObject({ reason: { unified: 'STOP' } });
  });

  test('thinks first when it is asked to, and counts it', async () => {
    const { events } = await ask('echo', { stream, request: { reasoning: { effort: 'minimal' } } });
    expect(events[0]?.type).toBe('reasoning');
    const usage = events.find((event) => event.type === 'usage')?.usage;
    expect(usage?.reasoning).toBeGreaterThanOrEqual(4);
    expect(usage?.completion).toBe((usage?.reasoning ?? 0) + 2);
  });

  test.each(['required', 'book'])('calls a tool by choice %s', async (toolChoice) => {
    const parameters = {
      type: 'object',
      properties: { stall: { type: 'integer', minimum: 3 }, day: { enum: ['mon', 'tue'] } },
      required: ['stall', 'day'],
    };
    const tools = [{ name: 'book', parameters }];
    const { events } = await ask('echo', { stream, request: { tools, toolChoice } });
    const calls = events.filter((event) => event.type === 'toolCall');
    const text = calls.map((event) => event.arguments).join('');
    expect(calls[0]).toMatchObject({ index: 0, name: 'book' });
    expect(JSON.parse(text)).toEqual({ stall: 3, day: 'mon' });
    expect(events.at(-1)).toMatchObject({ reason: { unified: 'TOOL_CALLS' } });
  });

  test('leaves a tool alone that it may call but need not', async () => {
    const tools = [{ name: 'book', parameters: {} }];
    const { events } = await ask('echo', { stream, request: { tools, toolChoice: 'auto' } });
    expect(events[0]?.type).toBe('text');
  });

  test('answers in JSON when that is the format', async () => {
    const any = await ask('echo', {
      stream,
      request: { responseFormat: { type: 'json_object' } },
    });
    expect(JSON.parse(any.text)).toEqual({ answer: 'Say hello' });
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const responseFormat = { type: 'json_schema', schema } as const;
    const typed = await ask('echo', { stream, request: { responseFormat } });
    expect(JSON.parse(typed.text)).toEqual({ n: 1 });
  });

  test.each([
    ['fail-500', 'STATUS'],
    ['fail-429', 'RATE_LIMITED'],
    ['cut-after-10', 'CUT'],
    ['malformed', 'MALFORMED'],
    ['no-such-model', 'UNKNOWN_MODEL'],
  ])('plays the fault of %s', async (model, failure) => {
    const { thrown } = await ask(model, { stream });
    expect(thrown).toBeInstanceOf(UpstreamFault);
    expect(thrown).toMatchObject({ failure });
  });

  test('hangs until the caller goes', async () => {
    const target = { timeouts: { ...patient, firstContentMs: 100 } };
    const { thrown } = await ask('hang', { stream, target });
    expect(thrown).toMatchObject({ failure: 'FIRST_CONTENT_TIMEOUT' });
  });

  test('can keep its usage to itself', async () => {
    const { events, thrown } = await ask('no-usage', { stream });
    expect(thrown).toBeUndefined();
    expect(events.some((event) => event.type === 'usage')).toBe(false);
  });
});

test('a cut comes after ten tokens', async () => {
  const { text } = await ask('cut-after-10');
  expect(text.trim().split(' ')).toHaveLength(10);
});

test('a rate limit says when to come back', async () => {
  expect((await ask('fail-429')).thrown).toMatchObject({ retryAfterMs: 1_000 });
});

test.each([
  ['sandbox', 'markov', 120, 90],
  ['sandbox-fast', 'markov', 80, 200],
  ['sandbox-cheap', 'markov', 150, 60],
  ['sandbox', 'slow-first-token', 3_000, 90],
])('%s/%s takes its time', async (provider, model, firstTokenMs, perSecond) => {
  await send(call(model, {}, provider));
  const [first = 0, ...rest] = clock.waits;
  expect(first / firstTokenMs).toBeGreaterThan(0.8);
  expect(first / firstTokenMs).toBeLessThan(1.2);
  for (const wait of rest) {
    expect((wait * perSecond) / 1_000).toBeGreaterThan(1 / 1.2);
    expect((wait * perSecond) / 1_000).toBeLessThan(1 / 0.8);
  }
});

test('the flaky provider fails sometimes, the same way for the same seed', async () => {
  const outcomes = async () => {
    const again = await openSandbox({ clock, random: seededRandom('flaky'), log: silentLog });
    const one = connector();
    const seen: string[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const target = { secret: again.secret, model: 'markov' };
      const one60 = callTo(`${again.url}/sandbox-flaky/v1`, { target, request: { maxTokens: 12 } });
      const { thrown } = await outcomeOf(pulled(one, one60));
      seen.push(thrown instanceof UpstreamFault ? thrown.failure : 'none');
    }
    await again.close();
    return seen;
  };
  const first = await outcomes();
  expect(new Set(first)).toEqual(new Set(['none', 'STATUS', 'RATE_LIMITED', 'CUT']));
  expect(first.filter((failure) => failure === 'none').length).toBeGreaterThan(30);
  expect(await outcomes()).toEqual(first);
});

test('only this process is answered', async () => {
  const stranger = { target: { secret: new Secret('guess') } };
  expect((await ask('echo', stranger)).thrown).toMatchObject({ failure: 'CREDENTIAL' });
  const nobody = { target: { secret: null } };
  expect((await ask('echo', nobody)).thrown).toMatchObject({ failure: 'CREDENTIAL' });
  const other = await openSandbox({ clock, random: seededRandom(1), log: silentLog });
  expect(other.secret.reveal()).not.toBe(sandbox.secret.reveal());
  await other.close();
});

test("a request that it cannot read is the caller's fault", async () => {
  const { thrown } = await ask('echo', { request: { messages: [] } });
  expect(thrown).toMatchObject({ failure: 'CALLER' });
});

test('an answer ends when its caller goes, without a word in the log', async () => {
  const slow = await openSandbox({ clock: systemClock, random: seededRandom(1), log });
  const target = { secret: slow.secret, model: 'markov' };
  const one = callTo(`${slow.url}/sandbox/v1`, { target, request: { maxTokens: 1_000 } });
  for await (const _ of pulled(connector(), one)) break;
  await slow.close();
});
