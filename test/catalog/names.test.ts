import { expect, it } from 'vitest';
import { slugIndex } from '../../src/catalog/assemble.ts';
import { readShipped } from '../../src/catalog/catalog.ts';
import { newSlug, readName } from '../../src/catalog/names.ts';

const { models } = await readShipped();
const slugs = slugIndex(models.map((model) => model.slug));

it.each([
  ['accounts/fireworks/models/llama-v3p1-70b-instruct', 'meta-llama/llama-3.1-70b-instruct'],
  ['llama-3.1-70b-versatile', 'meta-llama/llama-3.1-70b-instruct'],
  ['meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo', 'meta-llama/llama-3.1-70b-instruct'],
  ['us.meta.llama3-1-70b-instruct-v1:0', 'meta-llama/llama-3.1-70b-instruct'],
  ['llama3.1-8b', 'meta-llama/llama-3.1-8b-instruct'],
  ['Meta-Llama-3_3-70B-Instruct', 'meta-llama/llama-3.3-70b-instruct'],
  ['@cf/meta/llama-3.3-70b-instruct-fp8-fast', 'meta-llama/llama-3.3-70b-instruct'],
  ['meta-llama/llama-4-maverick-17b-128e-instruct', 'meta-llama/llama-4-maverick'],
  ['claude-3-5-haiku@20241022', 'anthropic/claude-3.5-haiku'],
  ['claude-sonnet-4-5-20250929', 'anthropic/claude-sonnet-4.5'],
  ['global.anthropic.claude-opus-4-6-v1', 'anthropic/claude-opus-4.6'],
  ['claude-sonnet-4-0', 'anthropic/claude-sonnet-4'],
  ['openai.gpt-oss-120b-1:0', 'openai/gpt-oss-120b'],
  ['gpt-4o-2024-11-20', 'openai/gpt-4o-2024-11-20'],
  ['gpt-5-2025-08-07', 'openai/gpt-5'],
  ['deepseek.r1-v1:0', 'deepseek/deepseek-r1'],
  ['deepseek.v3.2', 'deepseek/deepseek-v3.2'],
  ['deepseek-ai/DeepSeek-V3.1', 'deepseek/deepseek-chat-v3.1'],
  ['hf:Qwen/Qwen3-235B-A22B-Instruct-2507', 'qwen/qwen3-235b-a22b-2507'],
  ['Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8', 'qwen/qwen3-coder'],
  ['zai-glm-4.7', 'z-ai/glm-4.7'],
  ['accounts/fireworks/models/glm-4p5-air', 'z-ai/glm-4.5-air'],
  ['kimi-k2-0905-preview', 'moonshotai/kimi-k2-0905'],
  ['moonshotai/Kimi-K2-Instruct', 'moonshotai/kimi-k2'],
  ['mistral-large-latest', 'mistralai/mistral-large-2512'],
  ['mistral-small-2506', 'mistralai/mistral-small-3.2-24b-instruct'],
  ['open-mixtral-8x7b', 'mistralai/mixtral-8x7b-instruct'],
  ['amazon.nova-lite-v1:0', 'amazon/nova-lite-v1'],
  ['grok-4.20-0309-non-reasoning', 'x-ai/grok-4.20'],
  ['gemini-2.0-flash', 'google/gemini-2.0-flash-001'],
])('%s is %s', (upstreamModel, slug) => {
  expect(slugs.find(upstreamModel)).toBe(slug);
});

it.each([
  ['gemini-9-flash-lite', 'google/gemini-9-flash-lite'],
  ['o9-preview', 'openai/o9-preview'],
  ['deepseek-r1-0999', 'deepseek/deepseek-r1-0999'],
  ['accounts/fireworks/models/kimi-k9', 'moonshotai/kimi-k9'],
  ['some-lab/Thing-7B', 'some-lab/thing-7b'],
  ['thing-7b', 'seller/thing-7b'],
])('a model that nobody knows is itself, not the nearest one: %s', (upstreamModel, slug) => {
  expect(slugs.find(upstreamModel)).toBeUndefined();
  expect(newSlug(upstreamModel, 'seller')).toBe(slug);
});

it.each([
  ['zai-org/GLM-4.5-FP8', 'fp8'],
  ['@cf/meta/llama-3.1-8b-instruct-awq', 'awq'],
  ['nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4', 'nvfp4'],
  ['gpt-5', null],
])('the quantization of %s is %s', (upstreamModel, quantization) => {
  expect(readName(upstreamModel).quantization).toBe(quantization);
});
