import { describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '#upstream';
import { stand, text } from './stand.ts';

const mib = 1024 * 1024;
const words = 'word '.repeat(mib / 16);
const page = text(words);
const block = { type: 'reasoning.encrypted', data: 'x'.repeat(mib / 4) };
const signed: UpstreamEvent = { type: 'reasoning', text: 'Hm', details: [block] };

/** Sends the same for ever, and says how often it was taken. */
function endless(event: UpstreamEvent) {
  const room = stand({ offers: [{ provider: 'one' }, { provider: 'two' }] });
  const sent: string[] = [];
  room.play(async function* ({ target }) {
    for (;;) {
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

  it('is taken as far as its cap may lead', async () => {
    const { room, sent } = endless(page);
    await room.run({ maxTokens: 8_000 });
    expect(sent.length).toBeGreaterThan(6);
  });
});
