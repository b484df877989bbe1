import type { ModelFacts } from './offer.ts';

/** Request parameters in the field's names, by what a model can do; sorted. */
export function parametersOf(
  slug: string,
  { tools, reasoning, temperature }: ModelFacts,
): string[] {
  const fixed = temperature === false || (reasoning === true && fixedSampling.test(slug));
  const anthropic = slug.startsWith('anthropic/');
  return [
    'max_tokens',
    ...(fixed ? [] : ['temperature', 'top_p']),
    ...(fixed
      ? []
      : anthropic
        ? ['stop', 'top_k']
        : ['stop', 'frequency_penalty', 'presence_penalty']),
    ...(anthropic ? [] : ['response_format', 'seed']),
    ...(tools ? ['tool_choice', 'tools', 'parallel_tool_calls', 'structured_outputs'] : []),
    ...(reasoning ? ['include_reasoning', 'reasoning'] : []),
  ].sort();
}

/** OpenAI's reasoning models refuse sampling parameters and stop sequences. */
const fixedSampling = /^openai\/(o\d|gpt-[5-9](?!.*chat)|codex)/;
