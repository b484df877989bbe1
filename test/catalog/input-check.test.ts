import { expect, it } from 'vitest';
import { InvalidInput } from '#kernel';
import { checkEndpoint, checkModel, checkProvider } from '../../src/catalog/input-check.ts';

const provider = { slug: 'mine', name: 'Mine', connector: 'openai-compatible' };
const model = { slug: 'me/mine', name: 'Mine', author: 'me', contextLength: 8_000 };
const pricing = { promptPerToken: '0.000001', completionPerToken: '0.000002' };
const endpoint = { model: 'me/mine', provider: 'mine', upstreamModel: 'mine-1', pricing };

function pathsOf(check: () => unknown): string[] {
  try {
    check();
  } catch (thrown) {
    if (thrown instanceof InvalidInput) return thrown.issues.map((issue) => issue.path);
    throw thrown;
  }
  return [];
}

it.each<[string, object, string[]]>([
  ['the least there is', {}, []],
  ['everything', { baseUrl: 'https://a.example/v1', secret: 'key', retentionDays: 0 }, []],
  ['loopback without encryption', { baseUrl: 'http://127.0.0.1:8000/v1' }, []],
  ['localhost', { baseUrl: 'http://localhost:11434/v1' }, []],
  ['null clears', { baseUrl: null, secret: null, homepage: null }, []],
  ['another host without encryption', { baseUrl: 'http://a.example/v1' }, ['input.baseUrl']],
  [
    'a host that only begins like this one',
    { baseUrl: 'http://127.0.0.1.a.example' },
    ['input.baseUrl'],
  ],
  ['a user name in the address', { baseUrl: 'https://me@a.example' }, ['input.baseUrl']],
  ['a query in the address', { baseUrl: 'https://a.example/?key=1' }, ['input.baseUrl']],
  ['another scheme', { baseUrl: 'file:///etc/passwd' }, ['input.baseUrl']],
  ['a script as homepage', { homepage: 'javascript:alert(1)' }, ['input.homepage']],
  ['an unknown connector', { connector: 'telnet' }, ['input.connector']],
  ['a slug with capitals', { slug: 'Mine' }, ['input.slug']],
  ['a secret with a line feed', { secret: 'a\nb' }, ['input.secret']],
  ['a name with NUL', { name: 'a\0' }, ['input.name']],
  ['a name with half of a pair', { name: 'a\ud83d' }, ['input.name']],
  ['null for what is never null', { trainsOnPrompts: null }, ['input.trainsOnPrompts']],
  [
    'several at once',
    { slug: '', name: ' ', retentionDays: -1 },
    ['input.slug', 'input.name', 'input.retentionDays'],
  ],
])('provider: %s', (_title, change, paths) => {
  expect(pathsOf(() => checkProvider({ ...provider, ...change }))).toEqual(paths);
});

it.each<[string, object, string[]]>([
  ['the least there is', {}, []],
  ['a slug without an author', { slug: 'mine' }, ['input.slug']],
  ['a variant as slug', { slug: 'me/mine:floor' }, ['input.slug']],
  ['no context', { contextLength: 0 }, ['input.contextLength']],
  ['an alias with spaces', { aliases: ['fine', 'not fine'] }, ['input.aliases.1']],
  ['a cutoff in words', { knowledgeCutoff: 'last year' }, ['input.knowledgeCutoff']],
  ['a cutoff by month', { knowledgeCutoff: '2025-07' }, []],
  ['null clears', { description: null, maxOutputTokens: null, deprecatedAt: null }, []],
  [
    'null for what is never null',
    { openWeights: null, aliases: null, createdAt: null, inputModalities: null },
    ['input.inputModalities', 'input.openWeights', 'input.aliases', 'input.createdAt'],
  ],
])('model: %s', (_title, change, paths) => {
  expect(pathsOf(() => checkModel({ ...model, ...change }))).toEqual(paths);
});

it.each<[string, object, string[]]>([
  ['the least there is', {}, []],
  ['free', { pricing: { promptPerToken: '0', completionPerToken: '0' } }, []],
  [
    'a negative price',
    { pricing: { ...pricing, promptPerToken: '-1' } },
    ['input.pricing.promptPerToken'],
  ],
  ['an exponent', { pricing: { ...pricing, perImage: '1e-3' } }, ['input.pricing.perImage']],
  [
    'more than 64 bits hold',
    { pricing: { ...pricing, perRequest: '10' } },
    ['input.pricing.perRequest'],
  ],
  ['null clears', { quantization: null, maxOutputTokens: null, idleTimeoutMs: null }, []],
  ['null for what is never null', { contextLength: null }, ['input.contextLength']],
  ['no time at all', { connectTimeoutMs: 0 }, ['input.connectTimeoutMs']],
  ['a name of nothing', { upstreamModel: '' }, ['input.upstreamModel']],
])('endpoint: %s', (_title, change, paths) => {
  expect(pathsOf(() => checkEndpoint({ ...endpoint, ...change }))).toEqual(paths);
});
