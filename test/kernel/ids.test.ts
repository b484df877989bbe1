import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completionId,
  derivedId,
  type IdKind,
  idKind,
  idPrefixes,
  isId,
  newId,
  readCompletionId,
} from '#kernel';
import { virtualClock } from '../harness/virtual-clock.ts';

const kinds = Object.keys(idPrefixes) as IdKind[];

it('an id says by its prefix what it names, and nothing else', () => {
  const clock = virtualClock();
  for (const kind of kinds) {
    const id = newId(kind, clock);
    expect(idKind(id)).toBe(kind);
    expect(kinds.filter((other) => isId(other, id))).toEqual([kind]);
  }
});

it('no two kinds share a prefix', () => {
  expect(new Set(Object.values(idPrefixes)).size).toBe(kinds.length);
});

it('ids sort by their time of creation', async () => {
  const clock = virtualClock();
  const ids: string[] = [];
  for (const step of [1, 31, 32, 1_000, 1_000_000, 2 ** 40]) {
    ids.push(newId('apiKey', clock));
    await clock.advance(step);
  }
  expect([...ids].sort()).toEqual(ids);
});

it('ids of one moment differ', () => {
  const clock = virtualClock();
  const ids = Array.from({ length: 10_000 }, () => newId('user', clock));
  expect(new Set(ids).size).toBe(ids.length);
});

describe('an id derived from a natural key', () => {
  it('is the same on every install', () => {
    expect(derivedId('model', 'openai/gpt-5')).toBe(derivedId('model', 'openai/gpt-5'));
    expect(derivedId('model', 'openai/gpt-5')).toMatch(/^mdl_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(derivedId('model', 'openai/gpt-5')).toMatchInlineSnapshot(
      `"mdl_s8gnfqgbw996h54gp5m31ncgb3"`,
    );
  });

  it('differs by key and by kind', () => {
    const bodies = [
      derivedId('model', 'a'),
      derivedId('model', 'b'),
      derivedId('endpoint', 'a'),
    ].map((id) => id.slice(4));
    expect(new Set(bodies).size).toBe(3);
  });
});

describe('a completion id', () => {
  it('tells when it was made and by which session', () => {
    const times = fc.integer({ min: 0, max: 2 ** 48 });
    const sessions = fc.integer({ min: 0, max: 32 ** 7 - 1 });
    const counters = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(times, sessions, counters, (atMs, session, counter) => {
        const id = completionId(atMs, session, counter);
        expect(isId('completion', id)).toBe(true);
        expect(readCompletionId(id)).toEqual({ atMs, session });
      }),
    );
  });

  it('of one session sorts by time and then by counter', () => {
    const ids = [
      completionId(1_000, 7, 1),
      completionId(1_000, 7, 2),
      completionId(1_000, 7, 33),
      completionId(1_001, 7, 3),
    ];
    expect([...ids].sort()).toEqual(ids);
  });
});

it.each([
  '',
  'mdl_',
  'xyz_00000000000000000000000000',
  'MDL_00000000000000000000000000',
  'mdl_00000000000000000000000000\n',
  ' mdl_00000000000000000000000000',
  'mdl_\0',
  `mdl_${'0'.repeat(101)}`,
])('%j is no id', (text) => {
  expect(idKind(text)).toBe(null);
  expect(readCompletionId(text)).toBe(null);
});

it.each([
  'cmp_nope',
  'cmp_0000000000000000000000000',
  'cmp_000000000000000000000000000',
  'cmp_0000000000000000000000000U',
  'cmp_0000000000000000000000000l',
])('%j is an id by its prefix, of a completion that no session ran', (text) => {
  expect(idKind(text)).toBe('completion');
  expect(readCompletionId(text)).toBe(null);
});
