import { expect, it } from 'vitest';
import { normalise } from '../../src/completions/input/normalise.ts';
import { Registry } from '../../src/completions/runs/registry.ts';
import { Running } from '../../src/completions/runs/running.ts';
import { Viewer } from '../../src/completions/runs/viewer.ts';
import { openPolicy, type Payer } from '../../src/identity/access/principal.ts';
import { Fault } from '../../src/kernel/index.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const keepMs = 600_000;

const payer: Payer = {
  organization: {
    id: 'org_1',
    slug: 'acme',
    name: 'Acme',
    createdAt: new Date(0),
    retainContentDays: 0,
    policy: openPolicy,
  },
  apiKey: null,
  secretHash: null,
  membershipId: null,
  userId: null,
  monthlyBudget: null,
  budgetNumber: 0,
};

function registry(bytesMax = 1_000_000) {
  const clock = virtualClock();
  const forgotten: string[] = [];
  const forget = (id: string) => void forgotten.push(id);
  const kept = new Registry({ clock, keepMs, bytesMax, forget });
  const add = (id: string, content = 'Hi') => {
    const request = normalise({ model: 'a/b', messages: [{ role: 'USER', content }] });
    const how = { streamed: true, detached: false, graceMs: 0, coalesceMs: 0, keyed: false };
    const statusChanged = () => undefined;
    const running = new Running({ id, request, payer, clock, keepMs, statusChanged, ...how });
    kept.add(running);
    return running;
  };
  const end = async (running: Running) => {
    running.end({ kind: 'refused', fault: new Fault('CANCELLED', { public: 'Over.' }) });
    running.conclude(null);
    await running.settled;
    await clock.advance(0);
  };
  return { clock, kept, forgotten, add, end };
}

it('STREAM 7: keeps an ended run until its time has come, and then says which', async () => {
  const { clock, kept, forgotten, add, end } = registry();
  await end(add('one'));
  await clock.advance(keepMs - 1);
  expect(kept.get('one')?.id).toBe('one');
  await clock.advance(1);
  expect(kept.get('one')).toBeNull();
  expect(forgotten).toEqual(['one']);
});

it('STREAM 7: who has not taken what is kept no longer gets no more of it', async () => {
  const { clock, kept, add, end } = registry();
  const running = add('one');
  const [taken, iterated] = [new Viewer(running, 0), new Viewer(running, 0)];
  const reading = taken.each(() => new Promise(() => undefined));
  await end(running);
  await clock.advance(keepMs);
  kept.get('one');
  await expect(reading).rejects.toMatchObject({ code: 'RESUME_EXPIRED' });
  await expect(iterated.next()).rejects.toMatchObject({ code: 'RESUME_EXPIRED' });
});

it('never forgets one that runs, whatever the time and the weight of the others', async () => {
  const { clock, kept, add, end } = registry(0);
  add('running');
  await end(add('ended'));
  await clock.advance(keepMs * 2);
  expect(kept.get('ended')).toBeNull();
  expect(kept.get('running')?.id).toBe('running');
  expect([...kept.live()].map(({ id }) => id)).toEqual(['running']);
});

it('STREAM 7: beyond its budget the oldest go first', async () => {
  const { kept, forgotten, add, end } = registry(15_000);
  for (const id of ['one', 'two', 'three', 'four']) await end(add(id, 'x'.repeat(1_000)));
  expect(forgotten).toEqual(['one']);
  expect(kept.get('four')?.id).toBe('four');
});

it('signed thoughts, which stay apart, weigh as much as they are', async () => {
  const { forgotten, add, end } = registry(20_000);
  const thought = { type: 'ReasoningDelta', text: 'x' } as const;
  for (const running of [add('one'), add('two')]) {
    for (let sequence = 1; sequence <= 20; sequence++) {
      running.log.append({ ...thought, details: [{ signature: 'y'.repeat(200) }] });
    }
    await end(running);
  }
  expect(forgotten).toEqual(['one']);
});

it('of a run that has settled its events and its completion are left', async () => {
  const { kept, add, end } = registry();
  const running = add('one');
  expect(kept.get('one')).toBe(running);
  const completion = running.completion();
  await end(running);
  const ended = kept.get('one');
  expect(ended).not.toBe(running);
  expect(ended?.completion()).toBe(running.completion());
  expect(ended?.completion().createdAt).toEqual(completion.createdAt);
  expect(ended?.log.after(0)).toEqual(running.log.after(0));
  expect([ended?.hasEnded, ended?.refused, ended?.end({ kind: 'cancelled' })]).toEqual([
    true,
    true,
    false,
  ]);
  expect(ended?.owner).toMatchObject(running.owner);
});

it('counts those that have not settled', async () => {
  const { kept, add, end } = registry();
  const one = add('one');
  add('two');
  expect(kept.running).toBe(2);
  await end(one);
  expect(kept.running).toBe(1);
});
