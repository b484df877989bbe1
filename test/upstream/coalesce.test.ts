import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '#kernel';
import { type ChatRequest, openConnectors, type UpstreamEvent, UpstreamFault } from '#upstream';
import {
  chunk,
  endMark,
  finishChunk,
  type StubAnswer,
  stubUpstream,
  textChunk,
  type UpstreamStub,
} from '../harness/upstream-stub.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { callTo } from './calls.ts';

let stub: UpstreamStub;
let clock: VirtualClock;
beforeEach(async () => {
  stub = await stubUpstream();
  clock = virtualClock();
});
afterEach(() => stub.close());

const usage = { input_tokens: 1, output_tokens: 1 };
const claudes = [
  { type: 'message_start', message: { id: 'm', model: 'c', role: 'assistant', usage } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
];
const claudeAdds = (delta: object) => ({ type: 'content_block_delta', index: 0, delta });
const claudeSays = (text: string) => claudeAdds({ type: 'text_delta', text });
const claudeThinks = (thinking: string) => claudeAdds({ type: 'thinking_delta', thinking });
const claudeEnds = [
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
  { type: 'message_stop' },
];

const thought = (reasoning: string) => chunk({ reasoning });

const wires = [
  { name: 'openai', begin: [], say: textChunk, think: thought, end: [finishChunk(), endMark] },
  { name: 'anthropic', begin: claudes, say: claudeSays, think: claudeThinks, end: claudeEnds },
];

describe.each(wires)('STREAM 6: an answer of $name', ({ name, begin, say, think, end }) => {
  /** An attempt whose provider says what the test tells it to, on a clock that stands still. */
  async function attempt(coalesceMs: number, request: Partial<ChatRequest> = {}) {
    const answering = Promise.withResolvers<StubAnswer>();
    stub.answerWith(async (answer) => answering.resolve(answer));
    const texts: string[] = [];
    const abort = new AbortController();
    let more = Promise.withResolvers<void>();
    const take = (batch: readonly UpstreamEvent[]) => {
      texts.push(batch.map((event) => ('text' in event ? event.text : '')).join(''));
      more.resolve();
      more = Promise.withResolvers();
    };
    const connector = openConnectors({ clock, log: silentLog })(name);
    const ended = connector?.send(callTo(stub.url, { coalesceMs, request }), abort.signal, take);
    ended?.catch(() => {});
    const answer = await answering.promise;
    const said = async (...words: string[]) => {
      const taken = more.promise;
      await answer.sse(...words.map(say));
      return taken;
    };
    await answer.sse(...begin);
    if (request.reasoning) {
      const taken = more.promise;
      await answer.sse(think('hm'));
      await taken;
    }
    await said('a');
    return { answer, said, texts, ended, abort };
  }

  /** Until what was written has been read: the clock stands still, so nothing else tells. */
  async function read(waiting: () => boolean) {
    while (!waiting()) await setImmediate();
  }
  const timers = () => clock.pending;

  test('begins with its first content at once; what comes within the window is one', async () => {
    const { answer, said, texts } = await attempt(20);
    expect(texts).toEqual(['a']);
    const before = timers();
    const taken = said('b');
    await read(() => timers() > before);
    await clock.advance(10);
    await answer.sse(say('c'));
    // On loopback it is there once it is written, and the next turn of the event loop reads it.
    await clock.advance(9);
    expect(texts).toEqual(['a']);
    await clock.advance(1);
    await taken;
    expect(texts).toEqual(['a', 'bc']);
  });

  test('without a window goes on read by read', async () => {
    const { said, texts } = await attempt(0);
    await said('b');
    await said('c');
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  test('that ends within a window is whole', async () => {
    const { answer, said, texts, ended } = await attempt(250);
    said('b');
    await answer.sse(...end);
    answer.end();
    await ended;
    expect(texts.join('')).toBe('ab');
  });

  test('that breaks off within a window gives what came before', async () => {
    const { answer, said, texts, ended } = await attempt(250);
    const before = timers();
    said('b');
    await read(() => timers() > before);
    answer.reset();
    await expect(ended).rejects.toBeInstanceOf(UpstreamFault);
    expect(texts).toEqual(['a', 'b']);
  });

  test('that is aborted within a window gives what came before', async () => {
    const { said, texts, ended, abort } = await attempt(250);
    const before = timers();
    said('b');
    await read(() => timers() > before);
    abort.abort(new Error('the caller left'));
    await expect(ended).rejects.toThrow('the caller left');
    expect(texts).toEqual(['a', 'b']);
  });

  test.each([0, 250])('that breaks off in a read gives what stood before, at %i ms', async (ms) => {
    const { answer, texts, ended } = await attempt(ms);
    const said = `data: ${JSON.stringify(say('b'))}\n\n`;
    const size = Buffer.byteLength(said).toString(16);
    answer.raw.socket?.write(`${size}\r\n${said}\r\nno size\r\n`);
    await expect(ended).rejects.toMatchObject({ failure: 'MALFORMED' });
    expect(texts).toEqual(['a', 'b']);
  });

  test('shows its first text at once, behind thoughts that are not shown', async () => {
    const { texts } = await attempt(250, { reasoning: { exclude: true } });
    expect(texts).toEqual(['hm', 'a']);
  });

  test('does not wait when it is much', async () => {
    const { said, texts } = await attempt(250);
    const much = Array.from({ length: 64 }, () => 'x'.repeat(1024));
    await said(...much);
    expect(texts.length).toBeGreaterThan(1);
  });

  test.each([0, 250])('whose end cannot be taken fails, at %i ms', async (coalesceMs) => {
    stub.answerWith(async (answer) => {
      await answer.sse(...begin, say('a'), ...end);
      answer.end();
    });
    const connector = openConnectors({ clock, log: silentLog })(name);
    const { signal } = new AbortController();
    const take = () => {
      throw new TypeError('no room');
    };
    const ended = connector?.send(callTo(stub.url, { coalesceMs }), signal, take);
    await expect(ended).rejects.toThrow();
  });
});
