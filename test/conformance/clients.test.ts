import { afterAll, beforeAll, describe } from 'vitest';
import { type RunningApp, runningApp } from '../harness/running-app.ts';
import { anthropicSuite } from './anthropic-suite.ts';
import { langchainSuite } from './langchain-suite.ts';
import { openaiSuite } from './openai-suite.ts';
import { openrouterAiSdkSuite } from './openrouter-ai-sdk-suite.ts';
import { openrouterSuite } from './openrouter-suite.ts';
import { plainSuite } from './plain-suite.ts';
import { type Served, servedBy } from './served.ts';

let running: RunningApp;
let served: Served;

beforeAll(async () => {
  running = await runningApp();
  served = await servedBy(running);
}, 120_000);
afterAll(() => running.close());

const later = () => served;

describe('openai', () => openaiSuite(later));
describe('@openrouter/sdk', () => openrouterSuite(later));
describe('@openrouter/ai-sdk-provider with ai', () => openrouterAiSdkSuite(later));
describe('@anthropic-ai/sdk', () => anthropicSuite(later));
describe('@langchain/openai', () => langchainSuite(later));
describe('clients by what they send', () => plainSuite(later));
