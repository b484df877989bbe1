import { expect, it } from 'vitest';
import { Fault, Secret, silentLog } from '#kernel';
import { addressVariable, openAccess } from '../../src/catalog/access.ts';
import { sandboxSnapshot } from '../../src/catalog/sandbox.ts';
import { rowsOf, small } from './market-maker.ts';

const rows = [...rowsOf(small, sandboxSnapshot).providers.values()];
const rowOf = (slug: string) => rows.find((row) => row.slug === slug) ?? expect.unreachable();

function access(environment: Record<string, string>, unseal?: (sealed: Uint8Array) => Secret) {
  return openAccess({
    secretFromEnvironment: (name) => (environment[name] ? new Secret(environment[name]) : null),
    addressFromEnvironment: (name) => environment[name] ?? null,
    unseal: unseal ?? (() => expect.unreachable()),
    sandboxUrl: () => 'http://127.0.0.1:1',
    log: silentLog,
  });
}

it('a credential comes from the variable that the catalog names', () => {
  expect(access({ DEAR_API_KEY: 'key' }).secret(rowOf('dear'))?.reveal()).toBe('key');
  expect(access({}).secret(rowOf('dear'))).toBeNull();
});

it('an administrator’s credential comes before the environment’s, and is unsealed once', () => {
  let count = 0;
  const { secret } = access({ DEAR_API_KEY: 'key' }, () => new Secret(`sealed ${++count}`));
  const row = { ...rowOf('dear'), sealedSecret: Uint8Array.of(1) };
  expect(secret(row)?.reveal()).toBe('sealed 1');
  expect(secret(row)?.reveal()).toBe('sealed 1');
  expect(secret({ ...row, sealedSecret: Uint8Array.of(2) })?.reveal()).toBe('sealed 2');
});

it('a credential that does not open is none, not a failure to start', () => {
  const { secret } = access({}, () => {
    throw new Fault('INTERNAL', { public: 'It does not open.' });
  });
  expect(secret({ ...rowOf('dear'), sealedSecret: Uint8Array.of(1) })).toBeNull();
});

it('an address in the environment comes before the catalog’s', () => {
  const overridden = access({ DEAR_BASE_URL: 'http://127.0.0.1:2' });
  expect(overridden.baseUrl(rowOf('dear'))).toBe('http://127.0.0.1:2');
  expect(access({}).baseUrl(rowOf('dear'))).toBe('https://dear.example/v1');
});

it('a simulated provider is at the sandbox and has no credential', () => {
  const { baseUrl, secret } = access({ SANDBOX_FAST_BASE_URL: 'https://elsewhere.example' });
  expect(baseUrl(rowOf('sandbox-fast'))).toBe('http://127.0.0.1:1/sandbox-fast/v1');
  expect(secret(rowOf('sandbox-fast'))).toBeNull();
});

it.each([
  ['OPENAI_API_KEY', 'openai', 'OPENAI_BASE_URL'],
  ['GOOGLE_GENERATIVE_AI_API_KEY', 'google', 'GOOGLE_GENERATIVE_AI_BASE_URL'],
  ['CLOUDFLARE_API_TOKEN', 'cloudflare', 'CLOUDFLARE_BASE_URL'],
  ['AWS_BEARER_TOKEN_BEDROCK', 'amazon-bedrock', 'AMAZON_BEDROCK_BASE_URL'],
  [null, 'my-own', 'MY_OWN_BASE_URL'],
])('the address beside %s of %s is %s', (envVariable, slug, variable) => {
  expect(addressVariable({ envVariable, slug })).toBe(variable);
});

it('what would configure a provider is named, as far as it is missing', () => {
  const homeless = { ...rowOf('dear'), baseUrl: null };
  expect(access({}).unset(rowOf('dear'))).toEqual(['DEAR_API_KEY']);
  expect(access({}).unset(homeless)).toEqual(['DEAR_API_KEY', 'DEAR_BASE_URL']);
  expect(access({ DEAR_API_KEY: 'key' }).unset(homeless)).toEqual(['DEAR_BASE_URL']);
  expect(access({}).unset(rowOf('sandbox-fast'))).toEqual([]);
});
