import { describe, expect, it } from 'vitest';
import type { MessageInput } from '#completions';
import type { ApiKey } from '#identity';
import { RateLimited } from '#limits';
import { dollarAToken, stand } from './stand.ts';

const apiKey: ApiKey = {
  id: `key_${'0'.repeat(26)}`,
  organizationId: `org_${'0'.repeat(26)}`,
  membershipId: null,
  name: 'A key',
  kind: 'INFERENCE',
  hint: 'sk-…',
  creditLimit: null,
  limitPeriod: 'NONE',
  limitNumber: 0,
  requestsPerMinute: null,
  allowedModels: null,
  createdAt: new Date(0),
  expiresAt: null,
  revokedAt: null,
  disabled: false,
};

describe('what limits a payer is all asked at once', () => {
  const organization = { kind: 'ORGANIZATION', limit: null, period: 'NONE' };
  it.each([
    ['credits alone', { apiKey }, [organization]],
    [
      'the budget of a member',
      { apiKey, membershipId: 'mem_1', monthlyBudget: 5n, budgetNumber: 2 },
      [organization, { kind: 'MEMBER', id: 'mem_1', limit: 5n, period: 'MONTHLY', number: 2 }],
    ],
    ['a member without a budget', { apiKey, membershipId: 'mem_1' }, [organization]],
    [
      'the limit of a key',
      { apiKey: { ...apiKey, creditLimit: 7n, limitPeriod: 'DAILY' as const, limitNumber: 3 } },
      [organization, { kind: 'API_KEY', id: apiKey.id, limit: 7n, period: 'DAILY', number: 3 }],
    ],
  ])('%s', async (_name, payer, targets) => {
    const room = stand({ payer });
    await room.run({ maxTokens: 1 });
    expect(room.purse.asked[0]?.targets).toMatchObject(targets);
    expect(room.purse.asked[0]?.targets.length).toBe(targets.length);
  });
});

it('requests beyond those of a minute are refused, and go again when it was said', async () => {
  const room = stand({ payer: { apiKey: { ...apiKey, requestsPerMinute: 2 } } });
  await room.run();
  await room.run();
  const { completion } = await room.run();
  expect(completion.error).toBeInstanceOf(RateLimited);
  expect(completion.error).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
  expect(room.purse.asked.length).toBe(2);
  await room.clock.advance(completion.error?.retryAfterMs ?? 0);
  expect((await room.run()).completion.status).toBe('SUCCEEDED');
});

it('a key that is revoked while its request waits to be admitted is refused, free', async () => {
  const room = stand({ payer: { apiKey } });
  const { admit } = room.purse;
  room.purse.admit = (request) => {
    room.completions.endRunsOf({ apiKeyId: apiKey.id, secretHash: null });
    return admit(request);
  };
  const { completion } = await room.run();
  expect(completion).toMatchObject({ status: 'FAILED', error: { code: 'UNAUTHENTICATED' } });
  expect([room.calls, room.purse.held]).toEqual([[], 0n]);
});

it('a model that the key may not use is against its policy', async () => {
  const room = stand({ payer: { apiKey: { ...apiKey, allowedModels: ['other/*'] } } });
  const { completion } = await room.run();
  expect(completion.error).toMatchObject({ code: 'POLICY_VIOLATION' });
  expect(room.calls).toEqual([]);
});

it('a prompt that does not fit by its bytes is counted before it is refused', async () => {
  const content = 'All happy families are alike. '.repeat(100);
  const offers = [{ provider: 'one', pricing: dollarAToken }];
  const bytes = content.length;
  const room = stand({ offers, dollars: bytes / 2 });
  const messages = [{ role: 'USER' as const, content }];
  expect((await room.run({ messages, maxTokens: 1 })).completion.status).toBe('SUCCEEDED');
  expect(room.purse.asked.map(({ amount }) => amount > BigInt(bytes) * 10n ** 12n)).toEqual([
    true,
    false,
  ]);
});

it('an answer longer than the context is refused before anything is set aside', async () => {
  const room = stand({});
  const messages = [{ role: 'USER' as const, content: 'word '.repeat(20_000) }];
  const { completion } = await room.run({ messages });
  expect(completion.error).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
  expect(room.purse.asked).toEqual([]);
});

it('a prompt is counted as far as twice the context, and told by its bytes beyond', async () => {
  const room = stand({ offers: [{ provider: 'one', contextLength: 1_000 }] });
  const told = async (words: number) => {
    const messages = [{ role: 'USER' as const, content: 'word '.repeat(words) }];
    const { error } = (await room.run({ messages, maxTokens: 1 })).completion;
    return Number(/may need (\d+) prompt tokens/.exec(error?.public ?? '')?.[1]);
  };
  expect(await told(1_000)).toBeLessThan(1_500);
  expect(await told(2_000)).toBeGreaterThan(2_000 * 'word '.length);
});

describe('prompts that are marked to be cached find the cache again, without a session', () => {
  const offers = [
    { provider: 'one', pricing: dollarAToken },
    { provider: 'two', pricing: dollarAToken },
  ];
  const mark = { cacheControl: { ttl: '5m' } };
  const system = (text: string) => ({ role: 'SYSTEM' as const, parts: [{ text, ...mark }] });
  const user = (content: string) => ({ role: 'USER' as const, content });
  const often = Array.from({ length: 20 }, (_, turn) => `${turn}`);

  /** Where each of these went. */
  async function went(prompts: readonly MessageInput[][]): Promise<Set<string>> {
    const room = stand({ offers });
    const to = new Set<string>();
    for (const messages of prompts) {
      const { completion } = await room.run({ messages, maxTokens: 1 });
      to.add(completion.attempts[0]?.endpointId ?? expect.unreachable());
    }
    return to;
  }

  it('which ends in the system, whatever is asked', async () => {
    expect((await went(often.map((what) => [system('The book'), user(what)]))).size).toBe(1);
  });

  it('which grows with the conversation', async () => {
    const turns = often.map((_, turn) => [
      user('Hello'),
      ...often.slice(0, turn).map(user),
      { ...user('And?'), ...mark },
    ]);
    expect((await went(turns)).size).toBe(1);
  });

  it('while those that begin otherwise, and those without a mark, are spread', async () => {
    expect((await went(often.map((what) => [system(what), user('Hello')]))).size).toBe(2);
    expect((await went(often.map(() => [user('Hello')]))).size).toBe(2);
  });
});
