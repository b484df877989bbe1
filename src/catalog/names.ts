import { authorOf, familyAuthor, nicknames } from './nicknames.ts';

/**
 * One model has as many names as it has providers:
 * `accounts/fireworks/models/llama-v3p1-70b-instruct`,
 * `meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo`, `us.meta.llama3-1-70b-instruct-v1:0`. These
 * functions find what they have in common, so that all offers of one model meet under one slug.
 */
export interface ProviderName {
  /** The organization that stands in the name, in the form that slugs use; null when none does. */
  readonly author: string | null;
  /** The last part in its plain form: `llama-3.1-70b-instruct-turbo`. */
  readonly name: string;
  readonly quantization: string | null;
}

/** Takes a provider's own name of a model apart. */
export function readName(upstreamModel: string): ProviderName {
  const plain = upstreamModel.toLowerCase().replace(/^(accounts\/[^/]+\/\w+\/|@\w+\/|hf:)/, '');
  const bare = bedrock(plain.replace(/@[\w.]+$/, ''));
  const slash = bare.lastIndexOf('/');
  const organization = slash < 0 ? null : (bare.slice(0, slash).split('/').at(-1) ?? null);
  const whole = decimalPoints(bare.slice(slash + 1)).replace(vendorPrefix, '');
  const quantization = quantized.exec(whole)?.[1] ?? null;
  const name = whole.replace(quantized, '');
  return { author: organization === null ? null : authorOf(organization), name, quantization };
}

/**
 * Keys under which the model may be known, the most specific first. The first that is known wins;
 * when none is, the model is new.
 */
export function candidateKeys(upstreamModel: string): readonly string[] {
  const { name } = readName(upstreamModel);
  const own = suffixes.filter(([family]) => family.test(name)).map(([, suffix]) => suffix);
  const cut = (form: string, suffix: RegExp) => form.replace(suffix, '');
  const forms = [name, ...own.map((suffix) => cut(name, suffix)), own.reduce(cut, name)];
  return [...new Set(forms.map(keyOf).map((key) => nicknames.get(key) ?? key))];
}

/**
 * What two spellings of one name share: no punctuation, no word that only says that the model
 * follows instructions.
 */
export function keyOf(name: string): string {
  const words = name.toLowerCase().replace(/^(meta-llama|meta)-(?=\d)/, 'llama-');
  const short = /gpt-/.test(words) ? words : words.replace(/-(instruct|it|hf)(?=-|$)/g, '');
  return short.replace(/-v1$/, '').replace(/[^a-z0-9]/g, '');
}

/**
 * The slug of a model that no list of slugs knows: `author/name`, after its organization or its
 * family.
 */
export function newSlug(upstreamModel: string, providerAuthor: string): string {
  const { author, name } = readName(upstreamModel);
  const plain = name
    .replace(latest, '')
    .replace(fullDate, '')
    .replaceAll(/[^a-z0-9._-]+/g, '-');
  return `${familyAuthor(plain) ?? author ?? providerAuthor}/${plain}`;
}

/** `meta.llama3-1-70b-instruct-v1:0` → `meta/llama3-1-70b-instruct`; other names stay. */
function bedrock(name: string): string {
  const match = /^(?:(?:us|eu|au|jp|apac|global|regional|in)\.)?([a-z0-9]+)\.([a-z].*)$/.exec(name);
  if (!match || !bedrockVendors.has(match[1] ?? '')) return name;
  const model = (match[2] ?? '').replace(/-v\d+(?::\d+)?$/, '').replace(/-?1?:\d+$/, '');
  return `${match[1]}/${match[1] === 'deepseek' ? `deepseek-${model}` : model}`;
}

const bedrockVendors = new Set([
  ...['ai21', 'amazon', 'anthropic', 'cohere', 'deepseek', 'google', 'meta', 'minimax', 'mistral'],
  ...['moonshot', 'moonshotai', 'nvidia', 'openai', 'qwen', 'writer', 'zai'],
]);

/**
 * `v3p1`, `3_1` → `v3.1`, `3.1`; a version stands apart from its family: `llama3.1` → `llama-3.1`.
 */
function decimalPoints(name: string): string {
  return name
    .replace(/(\d)[p_](?=\d)/g, '$1.')
    .replaceAll('_', '-')
    .replace(/^llama-?v?(?=\d)/, 'llama-')
    .replace(/^(llama-\d)-(\d)-/, '$1.$2-')
    .replace(/^(qwen)-(?=3)/, '$1');
}

/** Names of vendors that some providers put before the model's own. */
const vendorPrefix = /^(meta|zai|nvidia|labs|hf|cohere|ai21)-(?=[a-z])/;

const quantized = /-(fp4|nvfp4|mxfp4|fp8|int4|int8|awq|gptq|bf16|fp16)(?=-|$)/;

const latest = /-latest$/;
const fullDate = /-20\d{2}-?\d{2}-?\d{2}$/;

/**
 * What a provider appends to say how, when or how fast it serves the model, by the families where
 * it says just that: elsewhere the same word is part of another model's name
 * (`gemini-2.5-flash-lite`, `o1-preview`, `deepseek-r1-0528`).
 */
const suffixes: readonly (readonly [RegExp, RegExp])[] = [
  [/./, latest],
  [/./, fullDate],
  [/^(grok|gpt)/, /-(?:non-)?reasoning$/],
  [/^kimi/, /-preview$/],
  [/^(kimi|grok|gpt)/, /-(?:0[1-9]|1[0-2])[0-3]\d(?:-preview)?$/],
  [/^gemini/, /(?<=-preview)-\d{2}-\d{2}$/],
  [/^(mistral|mixtral|magistral|codestral)/, /-2[3-9](?:0[1-9]|1[0-2])$/],
  [/^(mistral|mixtral|wizardlm)/, /-v0\.\d$/],
  [/^(llama|mistral|mixtral|qwen3-(?:235b|coder))/, /-(?:turbo|lite|tput|basic)$/],
  [/^(llama|gemma|mixtral)/, /-(?:versatile|instant|specdec|fast|8192|32768)$/],
  [/^(glm|kimi|minimax|deepseek)/, /-(?:fast|highspeed|us|75k|80k)$/],
  [/^ernie/, /(?:-base)?-pt$/],
  [/^gemma/, /-maas$/],
];
