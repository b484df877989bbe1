import { expect, it } from 'vitest';
import { key, serve, standIn } from '../harness/stand-in-rooms.ts';

it('a query that has no answer after 20 s is told so, and may be asked again', async () => {
  const stand = standIn();
  const reached = Promise.withResolvers<void>();
  Object.assign(stand.rooms.completions, {
    find() {
      reached.resolve();
      return new Promise(() => {});
    },
  });
  const server = await serve(stand);
  const query = 'query ($id: ID!) { completion(id: $id) { id } }';
  const variables = { id: `cmp_${'0'.repeat(26)}` };
  const answer = server.ask(query, { variables, credential: key });
  await reached.promise;
  await stand.clock.advance(20_000);
  expect(await answer).toMatchObject({
    status: 200,
    errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } }],
  });
  await server.close();
});
