import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;

beforeAll(async () => {
  app = await wholeApp();
}, 180_000);
afterAll(() => app?.close());

const ready = async () => {
  const response = await fetch(`${app.url}/ready`);
  return [response.status, await response.json()];
};

const ask = async () => {
  const { data } = await app.demo.ask(`mutation { complete(input: { model: "sandbox/echo",
    messages: [{ role: USER, content: "Hi" }] }) {
      ... on CompletePayload { text } ... on Error { code } } }`);
  return data.complete;
};

it('a node whose journal cannot be written says so, and is ready again', async () => {
  const folder = join(app.config.dataDir, 'settlement');
  expect(await ready()).toEqual([200, { status: 'ready' }]);
  await rename(folder, `${folder}.away`);
  await writeFile(folder, ''); // no folder can be made there
  await ask();
  const reason = 'the settlement journal cannot be written';
  expect(await ready()).toEqual([503, { status: 'not ready', reason }]);
  expect(await ask()).toEqual({ code: 'UNAVAILABLE' });
  await rm(folder);
  await rename(`${folder}.away`, folder);
  await expect.poll(ready).toEqual([200, { status: 'ready' }]);
  expect(await ask()).toEqual({ text: 'Hi' });
  expect(await app.audit()).toEqual([]);
});
