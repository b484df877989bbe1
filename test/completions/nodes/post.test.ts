import { expect, it } from 'vitest';
import { completionToWire } from '../../../src/completions/nodes/wire.ts';
import { says, stand } from '../stand.ts';
import { postOf, wires } from './stand.ts';

async function answer() {
  const room = stand({});
  room.play(says('A secret ', 'answer'));
  return completionToWire((await room.run()).completion);
}

it('STREAM 22: a letter arrives as it was sent, and cannot be read on the way', async () => {
  const { bus, said } = wires();
  const [a, b] = [postOf(bus), postOf(bus)];
  const letter = { kind: 'completion', ask: 1, completion: await answer() } as const;
  a.post.send(letter);
  expect(b.got).toEqual([letter]);
  expect(a.got).toEqual([]);
  const read = said.map(({ sealed }) => Buffer.from(sealed, 'base64').toString('latin1')).join();
  expect(read).not.toContain('secret');
});

it('a letter to one node is not read by another', () => {
  const { bus, said } = wires();
  const [a, b, c] = [postOf(bus), postOf(bus), postOf(bus)];
  a.post.send({ kind: 'watch', organizationId: 'org_1', anew: true });
  const [{ from } = { from: '' }] = said;
  b.post.send({ kind: 'watch', organizationId: 'org_2', anew: true }, from);
  expect(a.got).toEqual([{ kind: 'watch', organizationId: 'org_2', anew: true }]);
  expect(c.got).toEqual([{ kind: 'watch', organizationId: 'org_1', anew: true }]);
});

it('a letter of another installation is dropped, and so is one that was changed', () => {
  const { bus, said } = wires();
  const [a, stranger] = [postOf(bus, 1), postOf(bus, 2)];
  stranger.post.send({ kind: 'watch', organizationId: 'org_1', anew: true });
  const [message] = said;
  bus.publish('completions', { from: 'x', to: null, sealed: `AAAA${message?.sealed.slice(4)}` });
  expect(a.got).toEqual([]);
  expect(a.log.lines).toMatchObject([{ level: 'warn' }, { level: 'warn' }]);
});
