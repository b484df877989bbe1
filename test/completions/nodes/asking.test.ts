import { expect, it } from 'vitest';
import { Asking } from '../../../src/completions/nodes/asking.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';
import { postOf, wires } from './stand.ts';

function asking() {
  const clock = virtualClock();
  const { bus } = wires();
  const other = postOf(bus);
  const asked = new Asking(clock, postOf(bus).post);
  return { clock, asked, heard: other.got };
}

const look = { kind: 'look', id: 'cmp_1' } as const;

it('asks again until it is answered, and takes the first answer', async () => {
  const { clock, asked, heard } = asking();
  const answer = asked.ask(look, { goOn: () => true });
  await clock.advance(2_000);
  expect(heard).toEqual([1, 2, 3].map(() => ({ ...look, ask: 1 })));
  asked.answered({ kind: 'completion', ask: 7, completion: null });
  asked.answered({ kind: 'completion', ask: 1, completion: null });
  asked.answered({ kind: 'events', ask: 1, events: [] });
  expect(await answer).toMatchObject({ kind: 'completion' });
  await clock.advance(5_000);
  expect(heard.length).toBe(3);
});

it('gives up when it is told to, or when whoever asked has left', async () => {
  const { clock, asked } = asking();
  const given = asked.ask(look, { goOn: (tries) => tries < 2 });
  await clock.advance(2_000);
  expect(await given).toBeNull();
  const leaving = new AbortController();
  const left = asked.ask(look, { goOn: () => true, signal: leaving.signal });
  leaving.abort();
  expect(await left).toBeNull();
});
