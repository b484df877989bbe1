import { afterAll, beforeAll, expect, it } from 'vitest';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'zeta/writer', provider: 'first', baseUrl: upstream.url });
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

it('models are ordered by what their traffic tells, those without any last', async () => {
  const answer = await fetch(`${app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({
      model: 'zeta/writer',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    }),
  });
  expect(await answer.text()).toContain('[DONE]');
  const firstBy = async (sort: string) => {
    const list = await fetch(`${app.url}/v1/models?sort=${sort}&limit=1`);
    return (await list.json()).data[0].id;
  };
  for (const sort of ['latency-low-to-high', 'most-popular', 'top-weekly']) {
    expect([sort, await firstBy(sort)]).toEqual([sort, 'zeta/writer']);
  }
});
