import { describe, expect, it } from 'vitest';
import {
  namesModel,
  positionOf,
  providersNamed,
  unknownProviders,
} from '../../src/routing/names.ts';
import { market } from './stand.ts';

const all = market(
  { 'anthropic/claude-sonnet-5': [{ provider: 'anthropic' }] },
  { 'anthropic/claude-sonnet-5': { aliases: ['claude-sonnet', 'openai/not-really'] } },
);
const sonnet = all.models[0];
if (!sonnet) expect.fail('the market has a model');
const asked = { model: sonnet, free: false };

describe('a list of models', () => {
  it.each([
    'anthropic/claude-sonnet-5',
    'Anthropic/Claude-Sonnet-5',
    'claude-sonnet',
    'anthropic/*',
    '*',
    '*/claude-*',
    'anthropic/*-5',
    'anthropic/claude*sonnet*5',
    'anthropic/claude-sonnet-5:floor',
    'claude-sonnet:nitro',
    'anthropic/*:floor',
    sonnet.id,
  ])('names it by %s', (entry) => {
    expect(namesModel(['x/y', entry], asked)).toBe(true);
  });

  it.each([
    'anthropic',
    'anthropic/claude-sonnet',
    'anthropic/claude-sonnet-5*5',
    'openai/*',
    'claude-sonnet-5',
    '*/sonnet',
    'anthropic/claude-sonnet-5:free',
    'anthropic/claude-sonnet-5:free:floor',
    'anthropic/claude-sonnet-5:else',
    ':floor',
    '',
  ])('does not name it by %j', (entry) => {
    expect(namesModel([entry], asked)).toBe(false);
  });

  it.each(['anthropic/claude-sonnet-5:free', '*:free', 'anthropic/claude-sonnet-5'])(
    'names what is asked for as free by %s',
    (entry) => expect(namesModel([entry], { ...asked, free: true })).toBe(true),
  );

  it('names nothing when it is empty', () => {
    expect(namesModel([], asked)).toBe(false);
  });

  it('comes to an end with a pattern full of stars', () => {
    const long = { model: { ...sonnet, slug: 'a'.repeat(4_000) }, free: false };
    expect(namesModel(['*a'.repeat(5_000)], long)).toBe(false);
  });
});

describe('a list of providers', () => {
  const together = market({ 'a/b': [{ provider: 'together', of: { name: 'Together AI' } }] });
  const provider = together.provider('together');
  if (!provider) expect.fail('the market has the provider');

  it.each(['together', 'Together', 'Together AI', 'together-ai', 'togetherai', provider.id])(
    'finds it as %s',
    (entry) => expect(positionOf(['openai', entry], provider)).toBe(1),
  );

  it.each(['to', 'togethe', 'together-two', '', '---'])('does not find it as %j', (entry) => {
    expect(positionOf([entry], provider)).toBe(-1);
  });

  it.each([
    [['Together AI'], ['together']],
    [
      ['to*', 'nobody'],
      ['together', 'tower'],
    ],
    [['*'], ['other', 'together', 'tower']],
    [['', '---', 'towers'], []],
  ])('names among those who offer a model: %j', (list, slugs) => {
    const offers = ['other', 'tower'].map((slug) => ({ provider: slug }));
    const together = { provider: 'together', of: { name: 'Together AI' } };
    const [model] = market({ 'a/b': [...offers, together] }).models;
    const named = model ? [...providersNamed(list, model)].map(({ slug }) => slug) : [];
    expect(named.toSorted()).toEqual(slugs);
  });

  it('has names that nobody here has, whichever model is asked for', () => {
    const goods = market({ 'a/b': [{ provider: 'together', of: { name: 'Together AI' } }] });
    const lists = {
      order: ['together', 'tog*', 'fireworks'],
      only: ['Together-AI', 'togehter'],
      ignore: ['tog*', 'fire*', 'fireworks', 'together/fp8'],
    };
    expect(unknownProviders(lists, goods)).toEqual([
      ...['tog*', 'fireworks', 'togehter', 'fire*', 'together/fp8'],
    ]);
    expect(unknownProviders({ order: null, only: ['*'] }, goods)).toEqual([]);
  });
});
