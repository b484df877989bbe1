import { afterEach, expect, it } from 'vitest';
import { key, serve, standIn } from '../harness/stand-in-rooms.ts';

let server: Awaited<ReturnType<typeof serve>> | undefined;

afterEach(() => server?.close());

it('a refusal that cannot be made ends its connection and nothing else', async () => {
  const { identity } = standIn().rooms;
  const authenticate = () => {
    throw new TypeError('broken');
  };
  server = await serve(standIn({ identity: Object.assign(identity, { authenticate }) }));
  const headers = { Authorization: `Bearer ${key}` };
  await expect(fetch(`${server.url}/v1/nothing`, { headers })).rejects.toThrow();
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
});
