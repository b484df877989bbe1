import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { type ChatRequest, openConnectors, type UpstreamFault } from '#upstream';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled } from './calls.ts';

const connectors = openConnectors({ clock: systemClock, log: silentLog });
const claude = 'claude-sonnet-4-5';
const bedrock = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
  stub.answerWith((answer) => answer.json(500, {}));
});
afterEach(() => stub.close());

/** What a provider was sent of how much may be thought; null when nothing is. */
async function budgetSent(name: string, model: string, request: Partial<ChatRequest>) {
  const connector = connectors(name) ?? expect.unreachable();
  await outcomeOf(pulled(connector, callTo(stub.url, { request, target: { model } })));
  const said = /"(?:budget_tokens|token_budget|thinkingBudget)":(\d+)/;
  const [, budget] = said.exec(JSON.stringify(stub.requests[0]?.body)) ?? [];
  return budget === undefined ? null : Number(budget);
}

test.each([
  ['anthropic', claude, 10_000, 'low', 2_000],
  ['anthropic', claude, 10_000, 'high', 8_000],
  ['anthropic', claude, 4_000, 'minimal', 1_024],
  ['anthropic', claude, 1_000, 'high', null],
  ['amazon-bedrock', bedrock, 10_000, 'medium', 5_000],
  ['amazon-bedrock', bedrock, 1_000, 'medium', null],
  ['google', 'gemini-2.5-flash', 10_000, 'low', 2_000],
  ['google', 'gemini-2.5-flash', 2_000, 'minimal', 512],
  ['google', 'gemini-2.5-flash', 10_000, 'none', 0],
  ['cohere', 'command-a-reasoning-08-2025', 10_000, 'low', 2_000],
] as const)('%s %s, of %i tokens, thinks with effort %s at most %s', async (...row) => {
  const [name, model, maxTokens, effort, budget] = row;
  expect(await budgetSent(name, model, { maxTokens, reasoning: { effort } })).toBe(budget);
});

test.each([
  ['anthropic', claude, 4_000, 3_000, 3_000],
  ['anthropic', claude, 2_000, 3_000, 1_999],
  ['anthropic', claude, 4_000, 200, 1_024],
  ['amazon-bedrock', bedrock, 2_000, 3_000, 1_999],
  ['amazon-bedrock', bedrock, 1_025, 200, 1_024],
  ['google', 'gemini-2.5-flash', 4_000, 200, 200],
] as const)('%s %s, of %i tokens, thinks %i tokens where they fit: %s', async (...row) => {
  const [name, model, maxTokens, asked, budget] = row;
  const request = { maxTokens, reasoning: { maxTokens: asked } };
  expect(await budgetSent(name, model, request)).toBe(budget);
});

test.each([
  ['anthropic', claude],
  ['amazon-bedrock', bedrock],
] as const)('%s is not asked for a budget that it has no room for', async (name, model) => {
  const connector = connectors(name) ?? expect.unreachable();
  const request = { maxTokens: 1_024, reasoning: { maxTokens: 900 } };
  const call = callTo(stub.url, { request, target: { model } });
  const { thrown } = await outcomeOf(pulled(connector, call));
  expect(stub.requests).toEqual([]);
  expect(thrown).toMatchObject({ failure: 'UNSAID', callersFault: true });
  expect((thrown as UpstreamFault).of('Claude').public).toMatch(/1024 tokens or more .* most 1024/);
});

test.each([
  ['anthropic', 'claude-sonnet-5-5', { maxTokens: 3_000 }],
  ['anthropic', 'claude-sonnet-5-5', { effort: 'low' }],
  ['amazon-bedrock', 'anthropic.claude-opus-5', { effort: 'low' }],
] as const)('%s %s, asked for %j, shows what it thinks as it likes', async (...row) => {
  const [name, model, reasoning] = row;
  const connector = connectors(name) ?? expect.unreachable();
  const call = callTo(stub.url, { request: { maxTokens: 9_000, reasoning }, target: { model } });
  await outcomeOf(pulled(connector, call));
  const sent = JSON.stringify(stub.requests[0]?.body);
  expect(sent).toMatch(/"thinking":\{[^}]*"display":"summarized"/);
  expect(sent).toMatch(/"thinking":\{[^}]*"type":"adaptive"/);
});
