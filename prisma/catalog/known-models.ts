import type { KnownModel } from '../../src/catalog/assemble.ts';
import { modelsDevFacts } from '../../src/catalog/models-dev.ts';
import { factsOf as genaiFacts, genaiProvider } from './genai-prices.ts';
import { tokenlensModels } from './offers.ts';
import { piModels } from './pi-ai.ts';

/**
 * The slugs that people know, with what is said about each: the three packages' lists of
 * OpenRouter's models. Taken for the names and facts alone; its prices are those of its own
 * endpoints. Variants (`:free`), moving names (`~…-latest`) and its own routers are no models.
 */
export function knownModels(): readonly KnownModel[] {
  const listed = [
    ...piModels('openrouter').map(({ id, facts }) => ({ slug: id, facts })),
    ...tokenlensModels('openrouter').map((model) => ({
      slug: model.id,
      facts: modelsDevFacts(model),
    })),
    ...(genaiProvider('openrouter')?.models ?? []).map((model) => ({
      slug: model.id,
      facts: genaiFacts(model),
    })),
  ];
  return listed
    .filter(
      ({ slug }) =>
        /^[a-z0-9][\w.-]*\/[\w.-]+$/.test(slug) &&
        !/^(openrouter|switchpoint|mistral)\//.test(slug),
    )
    .filter(({ slug }) => !sizeless.has(slug))
    .sort((a, b) => rank(a.slug) - rank(b.slug));
}

/** Of two slugs with one key, the one that follows instructions is meant. */
const rank = (slug: string) => (/-(instruct|it)\b/.test(slug) ? 0 : 1);

/** Spellings that were given up for another one that is listed too. */
const sizeless = new Set(['qwen/qwen3-235b-a22b-07-25', 'qwen/qwen2.5-vl-72b-instruct']);

/**
 * When a model came out: the date in its own name, else that of its line. The packages tell it for
 * the models of one of them alone, and what came out when decides what a search shows first.
 */
export function releaseDate(slug: string): string | undefined {
  return releases.find(([pattern]) => pattern.test(slug))?.[1];
}

const releases: readonly (readonly [RegExp, string])[] = [
  [/^openai\/gpt-3\.5|davinci|babbage/, '2023-03-01'],
  [/^openai\/gpt-4(-0314|-0613|-32k)?$/, '2023-03-14'],
  [/^openai\/gpt-4-(turbo|1106|vision)/, '2023-11-06'],
  [/^openai\/text-embedding-3/, '2024-01-25'],
  [/^openai\/text-embedding-ada/, '2022-12-15'],
  [/^openai\/(chatgpt-4o|gpt-4o)(?!-mini|.*search)/, '2024-05-13'],
  [/^openai\/gpt-4o-mini/, '2024-07-18'],
  [/^openai\/o1/, '2024-12-17'],
  [/^openai\/o3-mini/, '2025-01-31'],
  [/^openai\/gpt-4\.5/, '2025-02-27'],
  [/^openai\/gpt-4\.1/, '2025-04-14'],
  [/^openai\/(o3|o4)/, '2025-04-16'],
  [/^openai\/gpt-oss/, '2025-08-05'],
  [/^openai\/gpt-5(-|$)/, '2025-08-07'],
  [/^openai\/gpt-5\.1/, '2025-11-13'],
  [/^openai\/gpt-5\.2/, '2025-12-11'],
  [/^openai\/gpt-5\.3/, '2026-02-05'],
  [/^openai\/gpt-5\.4/, '2026-03-05'],
  [/^openai\/gpt-5\.5/, '2026-04-23'],
  [/^anthropic\/claude-(2|v1|instant)/, '2023-07-11'],
  [/^anthropic\/claude-3-/, '2024-03-04'],
  [/^anthropic\/claude-3\.5-sonnet/, '2024-06-20'],
  [/^anthropic\/claude-3\.5-haiku/, '2024-10-22'],
  [/^anthropic\/claude-3\.7/, '2025-02-24'],
  [/^anthropic\/claude-(opus|sonnet)-4$/, '2025-05-22'],
  [/^anthropic\/claude-opus-4\.1/, '2025-08-05'],
  [/^anthropic\/claude-sonnet-4\.5/, '2025-09-29'],
  [/^anthropic\/claude-haiku-4\.5/, '2025-10-15'],
  [/^anthropic\/claude-opus-4\.5/, '2025-11-24'],
  [/^anthropic\/claude-(opus|sonnet)-4\.6/, '2026-02-05'],
  [/^anthropic\/claude-opus-4\.7/, '2026-04-16'],
  [/^google\/(gemini-(flash|pro)-1\.5|gemma-2)/, '2024-05-14'],
  [/^google\/gemini-(pro|1\.0)/, '2023-12-13'],
  [/^google\/gemini-2\.0/, '2025-02-05'],
  [/^google\/gemma-3/, '2025-03-12'],
  [/^google\/gemini-2\.5/, '2025-06-17'],
  [/^google\/gemini-3-/, '2025-11-18'],
  [/^google\/gemini-3\.1/, '2026-02-19'],
  [/^google\/gemma-4/, '2026-04-02'],
  [/^meta-llama\/llama-2/, '2023-07-18'],
  [/^meta-llama\/llama-3-/, '2024-04-18'],
  [/^meta-llama\/llama-3\.1/, '2024-07-23'],
  [/^meta-llama\/llama-3\.2/, '2024-09-25'],
  [/^meta-llama\/llama-3\.3/, '2024-12-06'],
  [/^meta-llama\/llama-4/, '2025-04-05'],
  [/^deepseek\/deepseek-chat$/, '2024-12-26'],
  [/^deepseek\/deepseek-r1($|-distill|-zero)/, '2025-01-20'],
  [/^deepseek\/deepseek-chat-v3-0324/, '2025-03-24'],
  [/^deepseek\/deepseek-r1-0528/, '2025-05-28'],
  [/^deepseek\/deepseek-chat-v3\.1/, '2025-08-21'],
  [/^deepseek\/deepseek-v3\.1-terminus/, '2025-09-22'],
  [/^deepseek\/deepseek-v3\.2-exp/, '2025-09-29'],
  [/^deepseek\/deepseek-v3\.2/, '2025-12-01'],
  [/^deepseek\/deepseek-v4/, '2026-04-24'],
  [/^deepseek\/deepseek-(coder|prover)/, '2024-06-17'],
  [/^mistralai\/(mistral-7b|mistral-tiny)/, '2023-09-27'],
  [/^mistralai\/(mixtral|mistral-(small|medium|large))$|^mistralai\/mixtral/, '2024-02-26'],
  [/^mistralai\/(mistral-nemo|mistral-large-2407|codestral-mamba)/, '2024-07-18'],
  [/^mistralai\/(pixtral-12b)/, '2024-09-17'],
  [/^mistralai\/(pixtral|mistral-large-2411)/, '2024-11-18'],
  [/^mistralai\/mistral-(small-3\.1|saba)/, '2025-03-17'],
  [/^mistralai\/(mistral-medium-3$|devstral-small-2505)/, '2025-05-07'],
  [/^mistralai\/(mistral-small-3\.2|devstral|magistral)(?!.*2512)/, '2025-06-20'],
  [/^mistralai\/(mistral-medium-3\.1|codestral-2508)/, '2025-08-12'],
  [/^mistralai\/.*2512/, '2025-12-02'],
  [/^mistralai\/mistral-small-2603/, '2026-03-16'],
  [/^qwen\/(qwen-2-|qwen-2\.5|qwen2\.5|qwq-32b-preview)/, '2024-09-19'],
  [/^qwen\/(qwq|qwen-(max|plus|turbo|vl))/, '2025-02-01'],
  [/^qwen\/qwen3-(?!.*2507|coder|next|vl|max)/, '2025-04-28'],
  [/^qwen\/qwen3-(.*2507|coder(?!-next))/, '2025-07-23'],
  [/^qwen\/qwen3-(next|vl|max)/, '2025-09-11'],
  [/^qwen\/qwen3-coder-next/, '2026-02-03'],
  [/^qwen\/qwen3\.5/, '2026-02-16'],
  [/^qwen\/qwen3\.6/, '2026-04-02'],
  [/^moonshotai\/kimi-k2$/, '2025-07-11'],
  [/^moonshotai\/kimi-k2-0905/, '2025-09-05'],
  [/^moonshotai\/kimi-k2-thinking/, '2025-11-06'],
  [/^moonshotai\/kimi-k2\.5/, '2026-01-27'],
  [/^moonshotai\/kimi-k2\.6/, '2026-04-20'],
  [/^z-ai\/glm-4-32b/, '2025-04-14'],
  [/^z-ai\/glm-4\.5/, '2025-07-28'],
  [/^z-ai\/glm-4\.6/, '2025-09-30'],
  [/^z-ai\/glm-4\.7/, '2025-12-22'],
  [/^z-ai\/glm-5($|-turbo|v)/, '2026-02-11'],
  [/^z-ai\/glm-5\.1/, '2026-04-07'],
  [/^x-ai\/grok-(beta|vision|2)/, '2024-11-04'],
  [/^x-ai\/grok-3/, '2025-04-09'],
  [/^x-ai\/grok-4$/, '2025-07-09'],
  [/^x-ai\/grok-(4-fast|code-fast)/, '2025-09-19'],
  [/^x-ai\/grok-4\.1/, '2025-11-19'],
  [/^x-ai\/grok-4\.(20|3)/, '2026-03-31'],
  [/^minimax\/minimax-(01|m1)/, '2025-06-16'],
  [/^minimax\/minimax-m2$/, '2025-10-27'],
  [/^minimax\/minimax-m2\.[15]/, '2025-12-23'],
  [/^mistralai\/mistral-medium-3-5/, '2026-04-29'],
  [/^mistralai\/(ministral-(3b|8b)$|mistral-embed)/, '2024-10-16'],
  [/^mistralai\/(mistral-small-24b|voxtral)/, '2025-07-15'],
  [/^moonshotai\/moonshot-v1/, '2024-02-01'],
  [/^cohere\/(c4ai|command-r7b)/, '2024-12-13'],
  [/^cohere\/(command-a|embed-v4)/, '2025-03-13'],
  [/^voyageai\/voyage-(\w+-)?2/, '2024-01-23'],
  [/^voyageai\/voyage-(\w+-)?3/, '2025-01-07'],
  [/^amazon\/nova-2/, '2025-12-02'],
  [/^amazon\/nova-premier/, '2025-04-30'],
  [/^amazon\/nova-(lite|micro|pro)|^amazon\/titan/, '2024-12-03'],
  [/^cohere\/command(-r|-r-plus|-light)?$/, '2024-03-11'],
  [/^microsoft\/(phi-3|wizardlm)/, '2024-04-23'],
  [/^microsoft\/phi-4/, '2025-01-10'],
  [
    /-l?l?ama-?2|mytho|airoboros|openhermes|openchat|dolphin-mixtral|midnight|goliath/,
    '2023-12-01',
  ],
  [/^sao10k|l3-|hermes-[23]|nous-hermes/, '2024-08-01'],
  [/^perplexity\/(r1|sonar)/, '2025-02-19'],
];
