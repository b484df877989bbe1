import { describe, expect, test } from 'vitest';
import { Fault, silentLog } from '#kernel';
import { Authentication } from '../../src/identity/access/authentication.ts';
import { Directory, type KeyEntry } from '../../src/identity/access/directory.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { cipher, key, organization, secretOf } from './people.ts';

const startMs = Date.parse('2026-11-23T10:00:00Z');
const at = (offsetMs: number) => new Date(startMs + offsetMs);

function open(...keys: KeyEntry[]) {
  const clock = virtualClock(startMs);
  const directory = new Directory();
  directory.organizations.replace([], [organization('acme')]);
  directory.keys.replace([], keys);
  const used: string[] = [];
  const authentication = new Authentication({
    directory,
    keyedHash: cipher.keyedHash,
    administrator: {
      keyHash: cipher.keyedHash('the-admin-key-of-this'),
      principal: { kind: 'user', userId: 'usr_admin', platformAdmin: true },
    },
    clock,
    log: silentLog,
    used: (id) => used.push(id),
  });
  const ended: string[] = [];
  authentication.onRevoked(({ apiKeyId, secretHash }) => {
    ended.push(secretHash === null ? apiKeyId : `${apiKeyId} ${secretHash}`);
  });
  const who = (credential: string | undefined) => {
    const principal = authentication.authenticate(credential);
    return principal.kind === 'apiKey' ? principal.apiKey.name : principal.kind;
  };
  const change = (...next: KeyEntry[]) => {
    const before = [...directory.keys.values()];
    directory.keys.replace(directory.keys.ids(), next);
    authentication.keysChanged(before);
  };
  return { authentication, clock, directory, used, ended, who, change };
}

function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Fault) return `${error.code} ${error.public}`;
    throw error;
  }
  return 'admitted';
}

describe('a credential', () => {
  test('of a key is that key in its organization', () => {
    const { authentication } = open(key('acme', 'ci'));
    expect(authentication.authenticate(secretOf('ci'))).toEqual({
      kind: 'apiKey',
      apiKey: key('acme', 'ci').apiKey,
      organization: organization('acme'),
      secretHash: key('acme', 'ci').hash,
    });
  });

  test('that is absent is nobody in particular', () => {
    expect(open().who(undefined)).toBe('anonymous');
  });

  test('that is ADMIN_KEY is the platform administrator', () => {
    expect(open().authentication.authenticate('the-admin-key-of-this')).toEqual({
      kind: 'user',
      userId: 'usr_admin',
      platformAdmin: true,
    });
  });

  const refused: [string, KeyEntry, string][] = [
    ['unknown', key('acme', 'other'), secretOf('ci')],
    ['empty', key('acme', 'ci'), ''],
    ['a part of one', key('acme', 'ci'), secretOf('ci').slice(0, -1)],
    ['the stored hash itself', key('acme', 'ci'), key('acme', 'ci').hash],
    ['expired', key('acme', 'ci', { expiresAt: at(-1) }), secretOf('ci')],
    ['expiring at this very moment', key('acme', 'ci', { expiresAt: at(0) }), secretOf('ci')],
    ['disabled', key('acme', 'ci', { disabled: true }), secretOf('ci')],
    ['of no known organization', key('gone', 'ci'), secretOf('ci')],
    [
      'replaced, its grace over',
      key('acme', 'ci', { previous: { hash: cipher.keyedHash('old'), until: at(0) } }),
      'old',
    ],
    ['longer than any', key('acme', 'ci'), 'x'.repeat(100_000)],
  ];
  test.each(refused)('that is %s is refused in the same words', (_why, entry, credential) => {
    const { who, used } = open(entry);
    expect(refusal(() => who(credential))).toBe(
      'UNAUTHENTICATED This credential is not valid. ' +
        'Send a valid API key as "Authorization: Bearer <key>".',
    );
    expect(used).toEqual([]);
  });

  test('that is disabled is refused on the connection that it was good on, too', () => {
    const { authentication, change } = open(key('acme', 'ci'));
    const connection = {};
    const who = () => authentication.authenticate(secretOf('ci'), connection).kind;
    expect(who()).toBe('apiKey');
    change(key('acme', 'ci', { disabled: true }));
    expect(refusal(who)).toMatch(/^UNAUTHENTICATED/);
  });

  test('that was replaced works beside the new one until its grace is over', async () => {
    const previous = { hash: cipher.keyedHash('old'), until: at(5_000) };
    const { who, clock } = open(key('acme', 'ci', { previous }));
    expect([who('old'), who(secretOf('ci'))]).toEqual(['ci', 'ci']);
    await clock.advance(5_000);
    expect(refusal(() => who('old'))).toMatch(/^UNAUTHENTICATED/);
    expect(who(secretOf('ci'))).toBe('ci');
  });

  test('that is admitted counts as used', () => {
    const { who, used } = open(key('acme', 'ci'));
    who(secretOf('ci'));
    expect(used).toEqual([key('acme', 'ci').apiKey.id]);
  });
});

describe('a key that stops being valid', () => {
  const { id } = key('acme', 'ci').apiKey;

  test.each([
    ['revoked', []],
    ['disabled', [key('acme', 'ci', { disabled: true })]],
    ['given an expiry that has passed', [key('acme', 'ci', { expiresAt: at(-1) })]],
  ] as [string, KeyEntry[]][])('because it is %s is refused and ended, once', (_why, after) => {
    const { who, change, ended } = open(key('acme', 'ci'), key('acme', 'other'));
    change(...after, key('acme', 'other'));
    expect(refusal(() => who(secretOf('ci')))).toMatch(/^UNAUTHENTICATED/);
    change(...after, key('acme', 'other'));
    expect(ended).toEqual([id]);
  });

  test('because its time is over is ended within a second of it, once', async () => {
    const { clock, ended } = open(key('acme', 'ci', { expiresAt: at(4_500) }));
    await clock.advance(4_400);
    expect(ended).toEqual([]);
    await clock.advance(1_100);
    expect(ended).toEqual([id]);
    await clock.advance(60_000);
    expect(ended).toEqual([id]);
  });

  test('is refused to whoever kept its principal; one that lives on shows its new limits', () => {
    const { authentication, change } = open(key('acme', 'ci'));
    const kept = authentication.authenticate(secretOf('ci'));
    change(key('acme', 'ci', { requestsPerMinute: 5 }));
    expect(authentication.current(kept)).toMatchObject({ apiKey: { requestsPerMinute: 5 } });
    change();
    expect(refusal(() => authentication.current(kept))).toMatch(/^UNAUTHENTICATED/);
  });

  test('a change that leaves it valid ends nothing', () => {
    const { change, ended, who } = open(key('acme', 'ci'));
    change(key('acme', 'ci', { name: 'renamed' }));
    expect([who(secretOf('ci')), ended]).toEqual(['renamed', []]);
  });

  test('with another secret ends what the old one opened, and goes on with the new one', () => {
    const { authentication, change, ended, who } = open(key('acme', 'ci'));
    const kept = authentication.authenticate(secretOf('ci'));
    const hash = cipher.keyedHash('the new one');
    change(key('acme', 'ci', { hash }));
    expect(ended).toEqual([`${id} ${cipher.keyedHash(secretOf('ci'))}`]);
    expect(refusal(() => authentication.current(kept))).toMatch(/^UNAUTHENTICATED/);
    expect(who('the new one')).toBe('ci');
  });

  test('ends what the replaced secret opened when its grace is over, within a second', async () => {
    const { authentication, change, clock, ended, who } = open(key('acme', 'ci'));
    const kept = authentication.authenticate(secretOf('ci'));
    const [hash, old] = [cipher.keyedHash('the new one'), cipher.keyedHash(secretOf('ci'))];
    change(key('acme', 'ci', { hash, previous: { hash: old, until: at(5_000) } }));
    const fresh = authentication.authenticate('the new one');
    expect([ended, who(secretOf('ci'))]).toEqual([[], 'ci']);
    await clock.advance(6_000);
    expect(ended).toEqual([`${id} ${old}`]);
    expect(refusal(() => authentication.current(kept))).toMatch(/^UNAUTHENTICATED/);
    expect(authentication.current(fresh)).toMatchObject({ kind: 'apiKey' });
  });

  test('is ended for every listener, though one of them fails', () => {
    const { authentication, change } = open(key('acme', 'ci'));
    const heard: string[] = [];
    authentication.onRevoked(() => {
      throw new TypeError('broken');
    });
    authentication.onRevoked(({ apiKeyId }) => heard.push(apiKeyId));
    change();
    expect(heard).toEqual([id]);
  });

  test('is not told to a listener that has left', () => {
    const { authentication, change } = open(key('acme', 'ci'));
    const heard: string[] = [];
    authentication.onRevoked(({ apiKeyId }) => heard.push(apiKeyId))();
    change();
    expect(heard).toEqual([]);
  });
});

describe('an announced revocation', () => {
  const { id } = key('acme', 'ci').apiKey;

  test('refuses the key at once and ends it once, though it is announced again and the change follows', () => {
    const { authentication, change, ended, who } = open(key('acme', 'ci'));
    authentication.deny(id);
    authentication.deny(id);
    expect(refusal(() => who(secretOf('ci')))).toMatch(/^UNAUTHENTICATED/);
    change();
    authentication.deny(id);
    expect(ended).toEqual([id]);
  });

  test('that never came about lapses after ten seconds', async () => {
    const { authentication, clock, who } = open(key('acme', 'ci'));
    authentication.deny(id);
    await clock.advance(9_000);
    expect(refusal(() => who(secretOf('ci')))).toMatch(/^UNAUTHENTICATED/);
    await clock.advance(1_000);
    expect(who(secretOf('ci'))).toBe('ci');
  });
});
