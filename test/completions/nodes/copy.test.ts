import { expect, it } from 'vitest';
import type { CompletionEvent } from '#completions';
import { copyOf, type Piece, packed } from '../../../src/completions/nodes/copy.ts';
import { completionToWire, eventToWire } from '../../../src/completions/nodes/wire.ts';
import { says, sends, stand, text, used } from '../stand.ts';

/** A run with thoughts, texts and a tool call, and the market it is of. */
async function told() {
  const room = stand({});
  room.play(
    sends(
      [{ type: 'reasoning', text: 'Hm ' }],
      [{ type: 'reasoning', text: 'so.', details: [{ type: 'text', signature: 's' }] }],
      [text('One '), { type: 'toolCall', index: 0, callId: 'a', name: 'look', arguments: '{' }],
      [{ type: 'toolCall', index: 0, arguments: '}' }],
      [text('two')],
      [text(' three'), used(1, 1), { type: 'finish', reason: { unified: 'STOP', raw: 'stop' } }],
    ),
  );
  const { completion, events } = await room.run();
  return { completion, events, market: room.rooms.market() };
}

const piece = (events: readonly CompletionEvent[], given: Partial<Piece> = {}): Piece => ({
  at: 1,
  completion: null,
  events: packed(events.map(eventToWire)),
  ...given,
});

it('wherever a copy is cut into pieces, every number is a cursor and nothing is lost', async () => {
  const { completion, events, market } = await told();
  const head = completionToWire(completion);
  for (let cut = 1; cut < events.length; cut++) {
    const pieces = [piece(events.slice(0, cut), { completion: head }), piece(events.slice(cut))];
    const copy = copyOf(completion.id, pieces, market);
    expect(copy).toMatchObject({ ended: true, completion });
    for (let after = 0; after <= events.length; after++) {
      const rest = copy?.after(after) ?? [];
      expect(rest.at(0)?.firstSequence ?? after + 1).toBe(after + 1);
      expect(wordsIn(rest)).toBe(wordsIn(events.slice(after)));
    }
  }
});

it('who had seen some of it finds the same events again, ended or not', async () => {
  const { completion, events, market } = await told();
  const head = { ...completionToWire(completion), status: 'RUNNING' as const };
  for (const until of [events.length - 1, events.length]) {
    const copied = piece(events.slice(0, until), { completion: head });
    const numbers = copyOf(completion.id, [copied], market)?.after(0);
    expect(numbers?.map(({ sequence }) => sequence)).toEqual(
      events.slice(0, until).map(({ sequence }) => sequence),
    );
  }
});

it('without its end it has what was said until then', async () => {
  const { completion, events, market } = await told();
  const head = { ...completionToWire(completion), status: 'RUNNING' as const };
  const copy = copyOf(completion.id, [piece(events.slice(0, -1), { completion: head })], market);
  const { text, reasoning, reasoningDetails, toolCalls } = completion.content ?? {};
  expect(copy).toMatchObject({
    ended: false,
    completion: { status: 'RUNNING', content: { text, reasoning, reasoningDetails, toolCalls } },
  });
});

it('a refusal stays one', async () => {
  const room = stand({});
  room.play(
    sends(
      [text('Well.')],
      [{ type: 'refusal', text: 'I ' }],
      [{ type: 'refusal', text: 'will not.' }, used(1, 1)],
      [{ type: 'finish', reason: { unified: 'STOP', raw: 'stop' } }],
    ),
  );
  const { completion, events } = await room.run();
  const head = { ...completionToWire(completion), status: 'RUNNING' as const };
  const pieces = [piece(events.slice(0, -1), { completion: head })];
  const copy = copyOf(completion.id, pieces, room.rooms.market());
  expect(copy?.completion.content).toMatchObject({
    text: 'Well.I will not.',
    refusal: 'I will not.',
  });
  expect(copy?.after(2)).toMatchObject([
    { text: 'I ', refusal: true },
    { text: 'will not.', refusal: true },
  ]);
});

it('a piece that is there twice counts once, and nothing is guessed over a gap', async () => {
  const { completion, events, market } = await told();
  const head = piece(events.slice(0, 2), { completion: completionToWire(completion) });
  const twice = [head, piece(events.slice(1, 3)), piece(events.slice(1, 3))];
  expect(wordsIn(copyOf(completion.id, twice, market)?.after(0) ?? [])).toBe(
    wordsIn(events.slice(0, 3)),
  );
  const gap = [head, piece(events.slice(3))];
  expect(copyOf(completion.id, gap, market)?.ended).toBe(false);
  expect(wordsIn(copyOf(completion.id, gap, market)?.after(0) ?? [])).toBe(
    wordsIn(events.slice(0, 2)),
  );
  expect(copyOf(completion.id, [piece(events.slice(0, 2))], market)).toBeNull();
});

it('a text that is split into tokens takes little more than the text', async () => {
  const room = stand({});
  room.play(says(...Array.from({ length: 1_000 }, () => 'word ')));
  const { events } = await room.run();
  expect(packed(events.map(eventToWire))).toHaveLength(3);
});

const wordsIn = (events: readonly CompletionEvent[]) =>
  events
    .map((event) => {
      if ('text' in event) return event.text;
      return 'arguments' in event ? event.arguments : '';
    })
    .join('');
