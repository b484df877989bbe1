import { afterAll, beforeAll, expect, it } from 'vitest';
import { key, keyPrincipal, serve, standIn } from '../harness/stand-in-rooms.ts';

let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  const { identity } = standIn().rooms;
  const limited =
    keyPrincipal.kind === 'apiKey'
      ? { ...keyPrincipal, apiKey: { ...keyPrincipal.apiKey, requestsPerMinute: 10 } }
      : keyPrincipal;
  const authenticate: typeof identity.authenticate = (credential, connection) =>
    credential === key ? limited : identity.authenticate(credential, connection);
  const known = Object.assign(Object.create(identity), { authenticate });
  server = await serve(standIn({ identity: known }));
});
afterAll(() => server.close());

const limitOf = async (path: string, credential?: string) => {
  const headers = credential ? { Authorization: `Bearer ${credential}` } : {};
  const { headers: told, status } = await fetch(server.url + path, { headers });
  return [status, told.get('x-ratelimit-limit')];
};

it.each([
  ['/v1/models', 200],
  ['/api/v1/models/acme/echo/endpoints', 200],
  ['/v1/providers', 200],
  ['/v1/models/acme/nothing', 404],
  ['/v1/nothing', 404],
  ['/v1/chat/completions', 405],
])('a key with a limit of requests is told it at %s, answered with %i', async (path, status) => {
  expect(await limitOf(path, key)).toEqual([status, '10']);
  expect(await limitOf(path)).toEqual([status, null]);
  expect(await limitOf(path, 'sk-wrong')).toEqual([status, null]);
});
