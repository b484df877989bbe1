import { expect, it } from 'vitest';
import { type CompletionEvent, type Completions, openCompletions } from '#completions';
import type { Principal } from '#identity';
import { dayMs } from '#kernel';
import type { GivenRooms } from '../../src/completions/open.ts';
import { ordinary, type Stand, says, someone, stand, waitsAfter } from './stand.ts';

const colleague: Principal = { kind: 'user', userId: 'usr_colleague', platformAdmin: false };

/** The node that comes after the one of this stand, whose session it takes to be over or not. */
function nextNode({ rooms, purse }: Stand, live: readonly number[]): Completions {
  const onRenewed = (listener: (renewed: { liveSessions: readonly number[] }) => void) => {
    listener({ liveSessions: live });
    return () => undefined;
  };
  const credits = Object.assign(Object.create(purse), { session: 2, onRenewed });
  const findFirst = ({ where }: { where: { AND: readonly object[] } }) =>
    purse.storage.prisma.completion.findUnique({ where: where.AND[1] as { id: string } });
  const completion = { ...purse.storage.prisma.completion, findFirst };
  const storage = { prisma: { completion } } as unknown as GivenRooms['storage'];
  return openCompletions({ ...rooms, credits, storage });
}

/** A run without a key that its node dies with. */
async function lost() {
  const bench = stand({});
  bench.play(waitsAfter('word'));
  const started = await bench.completions.start(someone, ordinary, { streamed: true });
  await bench.clock.advance(0);
  return { bench, id: started.id };
}

const failed = { status: 'FAILED', finishReason: 'ERROR', usage: { charged: 0n } };

it('STREAM 27: who asked for what a dead node ran is told that it is gone and free', async () => {
  const { bench, id } = await lost();
  const node = nextNode(bench, [2]);
  const error = { code: 'INTERNAL', retryable: true };
  expect(await node.find(someone, id)).toMatchObject({ ...failed, id, error });
  expect(await node.cancel(someone, id)).toMatchObject({ ...failed, id, error });
  const events: CompletionEvent[] = [];
  const run = await node.join(someone, id);
  for await (const batch of run?.events(7) ?? []) events.push(...batch);
  const numbers = { firstSequence: 8, sequence: 8 };
  const completion = { ...failed, id };
  expect(events).toMatchObject([{ type: 'CompletionFailed', ...numbers, error, completion }]);
});

it('STREAM 27: nobody else is told, nor about an id that was never given out', async () => {
  const { bench, id } = await lost();
  const node = nextNode(bench, [2]);
  const other = id.slice(0, -1) + (id.endsWith('0') ? '1' : '0');
  for (const [caller, asked] of [
    [colleague, id],
    [someone, other],
  ] as const) {
    expect(await node.find(caller, asked)).toBeNull();
    expect(await node.join(caller, asked)).toBeNull();
    expect(await node.cancel(caller, asked)).toBeNull();
  }
});

it('STREAM 27: nothing is said to be gone while its session lives, or a day later', async () => {
  const { bench, id } = await lost();
  expect(await nextNode(bench, [1, 2]).find(someone, id)).toBeNull();
  await bench.clock.advance(dayMs + 1);
  expect(await nextNode(bench, [2]).find(someone, id)).toBeNull();
});

it('STREAM 27: what the dead node had acknowledged is told as it was', async () => {
  const bench = stand({});
  bench.play(says('whole'));
  const { completion } = await bench.run();
  const node = nextNode(bench, [2]);
  expect(await node.join(someone, completion.id)).toBeNull();
  const { records } = bench.purse;
  const posted = records.splice(0);
  // It is posted between the first look into the ledger and the second.
  let looks = 0;
  bench.purse.flush = async () => {
    if (++looks === 2) records.push(...posted);
  };
  expect(await node.find(someone, completion.id)).toMatchObject({ status: 'SUCCEEDED' });
});
