import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { freePort } from '../harness/free-port.ts';
import { runningApp } from '../harness/running-app.ts';

const demoKey = 'the-demo-key-that-is-set';

/** GraphiQL's page, as it is got by this name of the host. */
function pageAt(url: string, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const accept = { accept: 'text/html', ...headers };
    const asked = request(`${url}/graphql`, { headers: accept }, (answer) => {
      expect(answer.statusCode).toBe(200);
      resolve(text(answer));
    });
    asked.once('error', reject).end();
  });
}

it('GraphiQL has the demo key for the owner of the machine, and for nobody else', async () => {
  const running = await runningApp({ DEMO_KEY: demoKey });
  try {
    const { url } = running.app;
    expect(await pageAt(url)).toContain(demoKey);
    expect(await pageAt(url, { host: 'evil.example' })).not.toContain(demoKey);
    expect(await pageAt(url, { 'x-forwarded-for': '203.0.113.5' })).not.toContain(demoKey);
    expect(await pageAt(url, { origin: 'https://evil.example' })).not.toContain(demoKey);
  } finally {
    await running.close();
  }
}, 180_000);

it('a server with an address for others, or behind a proxy, shows it to nobody', async () => {
  const settings = [{ PUBLIC_URL: 'https://bourse.example' }, { TRUST_PROXY: 'true' }];
  for (const setting of settings) {
    const port = String(await freePort());
    const running = await runningApp({ DEMO_KEY: demoKey, PORT: port, ...setting });
    try {
      const page = await pageAt(`http://127.0.0.1:${port}`);
      expect(page).toContain('GraphiQL');
      expect(page).not.toContain(demoKey);
    } finally {
      await running.close();
    }
  }
}, 180_000);
