import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noticeOf } from '../../src/app/notice.ts';
import { type App, openApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog, systemClock, systemRandom } from '../../src/kernel/index.ts';
import { freshFolder } from '../harness/databases.ts';

let app: App;
let folder: string;

beforeAll(async () => {
  folder = await freshFolder();
  app = await openApp({
    config: readConfig({ PORT: '0', DATA_DIR: folder }),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    version: '0.0.0',
  });
}, 120_000);

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(query: string, key: string | undefined) {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  });
  return (await response.json()).data;
}

const balance = '{ organization(slug: "demo") { credits { balance held } } }';

it('the first start makes a demo key whose answer is charged to the last digit', async () => {
  const { adminKey, demoKey } = app.made;
  const answered = await ask(
    `mutation { complete(input: { model: "sandbox/echo", maxTokens: 20,
      messages: [{ role: USER, content: "one two three" }] }) {
      ... on CompletePayload { text completion { usage { charged promptTokens } } }
    } }`,
    demoKey?.reveal(),
  );
  const { text, completion } = answered.complete;
  expect(text.trim()).toBe('one two three');
  expect(completion.usage.promptTokens).toBe(3);
  expect(Number(completion.usage.charged)).toBeGreaterThan(0);

  const { credits } = (await ask(balance, adminKey?.reveal())).organization;
  const micro = (amount: string) => Math.round(Number(amount) * 1e12);
  expect(micro(credits.balance) + micro(completion.usage.charged)).toBe(micro('10'));
  expect(credits.held).toBe('0');
});

it('an unknown model is refused by name and costs nothing', async () => {
  const answered = await ask(
    `mutation { complete(input: { model: "nobody/nothing",
      messages: [{ role: USER, content: "hi" }] }) { ... on Error { code } } }`,
    app.made.demoKey?.reveal(),
  );
  expect(answered.complete.code).toBe('MODEL_NOT_FOUND');
});

/** The words of a command line as a shell takes it apart, without the program. */
async function wordsOf(line: string): Promise<string[]> {
  const script = `curl() { printf '%s\\n' "$@"; }; ${line}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script]);
  return stdout.trimEnd().split('\n');
}

it('the line of the notice streams an answer when it is pasted into a shell', async () => {
  const line = noticeOf(app)
    .split('\n')
    .find((text) => text.startsWith('curl'));
  const words = await wordsOf(line ?? '');
  const after = (flag: string) =>
    words.flatMap((word, index) => (words[index - 1] === flag ? [word] : []));
  const response = await fetch(words.find((word) => word.startsWith('http')) ?? '', {
    method: 'POST',
    headers: Object.fromEntries(after('-H').map((header) => header.split(': ', 2))),
    body: after('-d').join(''),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const stream = await response.text();
  expect(stream).toContain('"finish_reason":"stop"');
  expect(stream.trimEnd().endsWith('data: [DONE]')).toBe(true);
});
