import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openConnectors } from '#upstream';
import { claudeVersion } from '../../src/upstream/ai-sdk/claude-version.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled } from './calls.ts';

const connectors = openConnectors({ clock: systemClock, log: silentLog });

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
  stub.answerWith((answer) => answer.json(500, {}));
});
afterEach(() => stub.close());

test.each([
  ['claude-opus-4-20250514', 4],
  ['claude-sonnet-4-5-20250929', 4.05],
  ['us.anthropic.claude-opus-4-8', 4.08],
  ['claude-sonnet-5', 5],
  ['claude-3-haiku-20240307', null],
  ['another-model', null],
])('%s is of version %s', (model, version) => {
  expect(claudeVersion(model)).toBe(version);
});

test.each([
  ['claude-sonnet-4-5', ['user', 'assistant', 'user']],
  ['claude-opus-4-8', ['user', 'assistant', 'user', 'system']],
  ['claude-haiku-5-5', ['user', 'assistant', 'user', 'system']],
  ['another-model', ['user', 'assistant', 'user']],
])('%s is told what the system says later as it takes it', async (model, roles) => {
  const connector = connectors('anthropic') ?? expect.unreachable();
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi.' },
    { role: 'user', content: 'And now?' },
    { role: 'system', content: 'It is late.' },
  ] as const;
  const call = callTo(stub.url, { request: { messages }, target: { model } });
  await outcomeOf(pulled(connector, call));
  const sent = stub.requests[0]?.body['messages'] as { role: string }[];
  expect(sent.map(({ role }) => role)).toEqual(roles);
  expect(JSON.stringify(sent.at(-1))).toContain('It is late.');
});
