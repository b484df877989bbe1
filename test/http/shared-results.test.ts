import type { ExecutionResult } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Context } from '#schema';
import { SharedResults, textOf } from '../../src/http/graphql/execution/shared-results.ts';
import { standIn } from '../harness/stand-in-rooms.ts';

const { rooms } = standIn();
const contextOf = (requestId: string) =>
  ({ rooms, requestId, principal: { kind: 'user', userId: requestId } }) as unknown as Context;

const [ada, bob] = [contextOf('ada'), contextOf('bob')];
const event = () => ({ event: {}, question: 'all' });

function counted(make: (context: Context) => ExecutionResult | Promise<ExecutionResult>) {
  let times = 0;
  const execute = (_event: unknown, context: Context) => {
    times++;
    return make(context);
  };
  return { execute, times: () => times };
}

const plain = () => ({ data: { now: 1 } });

describe('a result is shared', () => {
  it('by all who ask the same of the same event', async () => {
    for (const make of [plain, async () => plain()]) {
      const shared = new SharedResults();
      const { execute, times } = counted(make);
      const asked = event();
      const results = [shared.give(asked, ada, execute), shared.give(asked, bob, execute)];
      const [here, there] = await Promise.all(results);
      expect(here).toBe(there);
      expect(times()).toBe(1);
      expect(textOf(here as ExecutionResult)).toBe('{"data":{"now":1}}');
    }
  });

  it('where rooms were looked at that say the same to everybody', () => {
    const shared = new SharedResults();
    const { execute, times } = counted(({ rooms: { catalog } }) => ({
      data: { models: catalog.market().models.length },
    }));
    const asked = event();
    shared.give(asked, ada, execute);
    shared.give(asked, bob, execute);
    expect(times()).toBe(1);
  });
});

describe('a result is not shared', () => {
  it.each([
    ['by another question', plain, (one: ReturnType<typeof event>) => ({ ...one, question: 'b' })],
    ['by another event', plain, event],
    [
      'when a resolver looked at who asks',
      ({ principal }: Context) => ({ data: { me: JSON.stringify(principal) } }),
      null,
    ],
    [
      'when it did so after a while',
      async ({ principal }: Context) => {
        const before = await 0;
        return { data: { me: [before, JSON.stringify(principal)] } };
      },
      null,
    ],
    [
      'when it asked a room that knows people',
      ({ rooms: { identity } }: Context) => ({ data: { known: identity.authenticate !== null } }),
      null,
    ],
    ['when it has errors', () => ({ errors: [{ message: 'No.' }] }) as never, null],
  ])('%s', async (_name, make, next) => {
    const shared = new SharedResults();
    const { execute, times } = counted(make);
    const asked = event();
    await Promise.all([
      shared.give(asked, ada, execute),
      shared.give(next ? next(asked) : asked, bob, execute),
    ]);
    expect(times()).toBe(2);
  });

  it('and each caller then gets its own', async () => {
    const shared = new SharedResults();
    const { execute } = counted(async ({ requestId }) => ({ data: { requestId } }));
    const asked = event();
    const both = [ada, bob].map((context) => shared.give(asked, context, execute));
    expect(await Promise.all(both)).toEqual([
      { data: { requestId: 'ada' } },
      { data: { requestId: 'bob' } },
    ]);
  });
});

it('old results are let go', () => {
  const shared = new SharedResults();
  const { execute, times } = counted(plain);
  const first = event();
  shared.give(first, ada, execute);
  for (let index = 0; index < 2_000; index++) shared.give(event(), ada, execute);
  shared.give(first, ada, execute);
  expect(times()).toBe(2_002);
});
