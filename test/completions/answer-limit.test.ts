import { describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '#upstream';
import { RunningAnswers } from '../../src/completions/attempt/running-answers.ts';
import { stand, text } from './stand.ts';

const mib = 1024 * 1024;
const words = 'word '.repeat(mib / 16);
const page = text(words);
const block = { type: 'reasoning.encrypted', data: 'x'.repeat(mib / 4) };
const signed: UpstreamEvent = { type: 'reasoning', text: 'Hm', details: [block] };

const roomy = (provider: string) => ({ provider, contextLength: 2_000_000 });

/** Sends the same far beyond every limit, and says how often it was taken. */
function endless(event: UpstreamEvent) {
  const room = stand({ offers: [roomy('one'), roomy('two')] });
  const sent: string[] = [];
  const most = Math.min(100_000, (64 * mib) / JSON.stringify(event).length);
  room.play(async function* ({ target }) {
    for (let times = 0; times < most; times++) {
      sent.push(target.model);
      yield [event];
    }
  });
  return { room, sent };
}

describe('an answer that goes on and on, whatever cap it was sent', () => {
  it.each([
    ['text', page, 4],
    ['blocks with signatures', signed, 5],
    ['pieces of a letter', text('a'), 33_000],
    ['pictures', { type: 'image', url: 'x'.repeat(2 * mib) }, 8],
  ] as const)('breaks off and costs nothing: %s', async (_kind, event, most) => {
    const { room, sent } = endless(event);
    const { completion } = await room.run({ maxTokens: 20 });
    expect(sent.length).toBeLessThanOrEqual(most + 1);
    expect(completion.attempts).toMatchObject([{ outcome: 'BROKE_OFF', httpStatus: 200 }]);
    expect(completion.error?.public).toContain('sent far more than an answer can be');
    expect(completion.usage).toMatchObject({ charged: 0n, estimated: true });
    expect(room.purse.held).toBe(0n);
  });

  it('is not counted token by token, since nobody pays for it', async () => {
    const { room, sent } = endless(page);
    const { completion } = await room.run({ maxTokens: 20 });
    const bytes = sent.length * words.length;
    expect(completion.usage?.completionTokens).toBe(bytes / 4);
  });

  it('is not gone on with elsewhere', async () => {
    const provider = { onStreamFailure: 'CONTINUE' } as const;
    const { room, sent } = endless(page);
    const { completion } = await room.run({ maxTokens: 20, provider });
    expect(completion.attempts.length).toBe(1);
    expect(sent.length).toBeLessThanOrEqual(5);
  });

  it('is taken no further than 16 MiB, however much was asked for', async () => {
    const { room, sent } = endless(page);
    await room.run({ maxTokens: 1_000_000 });
    expect(sent.length).toBeGreaterThan((16 * mib) / words.length - 2);
    expect(sent.length).toBeLessThan((16 * mib) / words.length + 2);
  });

  it('is taken as far as its cap may lead', async () => {
    const { room, sent } = endless(page);
    await room.run({ maxTokens: 8_000 });
    expect(sent.length).toBeGreaterThan(6);
  });
});

it('honest thoughts in small pieces, each in a frame of its own, are no excess', async () => {
  const room = stand({ offers: [roomy('one')] });
  const id = 'rs_0123456789abcdef0123456789abcdef0123456789abcdef';
  const frame = { id, format: 'openai-responses-v1', index: 0, signature: null };
  const details = [{ type: 'reasoning.text', text: 'so ', ...frame }];
  const thought: UpstreamEvent = { type: 'reasoning', text: 'so ', details };
  room.play(async function* () {
    for (let times = 0; times < 50; times++) yield Array.from({ length: 1_000 }, () => thought);
    yield [text('Done.'), { type: 'finish', reason: { unified: 'STOP', raw: 'stop' } }];
  });
  const { completion } = await room.run({ maxTokens: 50_010 });
  expect(completion.status).toBe('SUCCEEDED');
});

describe('many answers that go on and on at once', () => {
  it('hold no more than the node has room for', async () => {
    const { room, sent } = endless(page);
    const runs = Array.from({ length: 40 }, () => room.run({ maxTokens: 1_000_000 }));
    const ended = await Promise.all(runs);
    for (const { completion } of ended) expect(completion.status).toBe('FAILED');
    // Each alone would come to 16 MiB; when some are gone, the others may hold more.
    expect(sent.length).toBeLessThan((400 * mib) / words.length);
  });

  it('are counted while they run, not after', async () => {
    const room = stand({ offers: [roomy('one')] });
    const picture: UpstreamEvent = { type: 'image', url: 'x'.repeat(2 * mib) };
    room.play(async function* () {
      for (let times = 0; times < 6; times++) yield [picture];
      yield [{ type: 'finish', reason: { unified: 'STOP', raw: 'stop' } }];
    });
    for (let runs = 0; runs < 12; runs++) {
      const { completion } = await room.run({ maxTokens: 1_000_000 });
      expect(completion.status).toBe('SUCCEEDED');
    }
  });

  it('break off beyond their even share alone', () => {
    const answers = new RunningAnswers();
    for (const run of ['a', 'b', 'c']) answers.holds(run, 40 * mib);
    answers.holds('d', mib);
    expect(() => answers.holds('a', 41 * mib)).not.toThrow();
    expect(() => answers.holds('d', 20 * mib)).not.toThrow();
    expect(() => answers.holds('b', 42 * mib)).toThrow();
    answers.dropped('b');
    expect(() => answers.holds('c', 42 * mib)).not.toThrow();
  });
});
