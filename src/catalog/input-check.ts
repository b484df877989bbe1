import {
  hourMs,
  type InputIssue,
  InvalidInput,
  isKeepable,
  type Price,
  priceOrNull,
} from '#kernel';
import { connectorNames } from '#upstream';
import type { Prices } from './market.ts';
import type { EndpointUpsert, ModelUpsert, PricingUpsert, ProviderUpsert } from './upsert-input.ts';

const textMax = 200;
const descriptionMax = 10_000;
const listMax = 100;
const tokensMax = 100_000_000;
const timeoutMaxMs = hourMs;

/** How providers are spoken to: OpenAI's protocol, or the AI SDK package that speaks theirs. */
const connectors: ReadonlySet<string> = new Set(connectorNames);

const slugPart = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** @throws InvalidInput with every issue, paths `input.…`. */
export function checkProvider(input: ProviderUpsert): void {
  const check = issues();
  check.that('slug', slugPart.test(input.slug), ['Not a slug.', 'lower case, like "openai"']);
  check.text('name', input.name, textMax);
  check.that('connector', connectors.has(input.connector), [
    'Not a known connector.',
    [...connectors].join(', '),
  ]);
  check.that('homepage', isHttp(input.homepage), ['Not a web address.', 'an https address']);
  check.that('statusPage', isHttp(input.statusPage), ['Not a web address.', 'an https address']);
  check.that('baseUrl', isSafeAddress(input.baseUrl), [
    'Not an address that credentials may be sent to.',
    'https, or http on a loopback address; no user name, query or fragment',
  ]);
  check.that('secret', isSecret(input.secret), [
    'Not a credential.',
    '1 to 4096 visible characters',
  ]);
  check.count('retentionDays', input.retentionDays, { min: 0, max: 36_500 });
  check.notCleared(input, ['trainsOnPrompts', 'retainsPrompts']);
  check.done();
}

/** @throws InvalidInput with every issue, paths `input.…`. */
export function checkModel(input: ModelUpsert): void {
  const check = issues();
  const parts = input.slug.split('/');
  const sound = parts.length === 2 && parts.every((part) => slugPart.test(part));
  check.that('slug', sound, ['Not a slug of a model.', '"author/name" in lower case']);
  check.text('name', input.name, textMax);
  check.text('author', input.author, textMax);
  if (input.description != null) check.text('description', input.description, descriptionMax);
  check.count('contextLength', input.contextLength, { min: 1, max: tokensMax });
  check.count('maxOutputTokens', input.maxOutputTokens, { min: 1, max: tokensMax });
  check.names('supportedParameters', input.supportedParameters, /^[a-z0-9_]{1,100}$/);
  check.names('aliases', input.aliases, /^[a-z0-9][a-z0-9._/-]{0,199}$/);
  check.that(
    'knowledgeCutoff',
    input.knowledgeCutoff == null || /^\d{4}(-\d{2}){0,2}$/.test(input.knowledgeCutoff),
    ['Not a date.', 'YYYY, YYYY-MM or YYYY-MM-DD'],
  );
  check.notCleared(input, ['inputModalities', 'outputModalities', 'supportedParameters']);
  check.notCleared(input, ['openWeights', 'aliases', 'createdAt']);
  check.done();
}

/** @throws InvalidInput with every issue, paths `input.…`. */
export function checkEndpoint(input: EndpointUpsert): Prices {
  const check = issues();
  check.text('upstreamModel', input.upstreamModel, textMax);
  check.count('contextLength', input.contextLength, { min: 1, max: tokensMax });
  check.count('maxOutputTokens', input.maxOutputTokens, { min: 1, max: tokensMax });
  check.names('supportedParameters', input.supportedParameters, /^[a-z0-9_]{1,100}$/);
  if (input.quantization != null) check.text('quantization', input.quantization, 20);
  for (const field of timeouts) check.count(field, input[field], { min: 1, max: timeoutMaxMs });
  check.notCleared(input, ['contextLength', 'supportedParameters']);
  const prices = readPrices(input.pricing, check);
  check.done();
  return prices;
}

const timeouts = [
  'connectTimeoutMs',
  'firstContentTimeoutMs',
  'idleTimeoutMs',
  'totalTimeoutMs',
] as const;

function readPrices(pricing: PricingUpsert, check: Issues): Prices {
  const read = (field: keyof PricingUpsert) => {
    const text = pricing[field];
    if (text == null) return null;
    const price = priceOf(text);
    check.that(`pricing.${field}`, price !== null, ['Not a price.', priceForm]);
    return price;
  };
  return {
    prompt: read('promptPerToken') ?? 0n,
    completion: read('completionPerToken') ?? 0n,
    cacheRead: read('cacheReadPerToken'),
    cacheWrite: read('cacheWritePerToken'),
    cacheWriteHour: read('cacheWriteHourPerToken'),
    reasoning: read('reasoningPerToken'),
    image: read('perImage'),
    request: read('perRequest'),
  };
}

const priceForm = 'US dollars from 0 to 9.2 with at most 18 decimals, like "0.000003"';

/** What the column holds: 64 bits of 10⁻¹⁸ US dollar. */
function priceOf(text: string): Price | null {
  const price = priceOrNull(text);
  return price !== null && price >= 0n ? price : null;
}

type Issues = ReturnType<typeof issues>;

/** What is wrong, and what would be accepted. */
type Verdict = readonly [message: string, accepted: string];

/** Gathers what is wrong, so that all of it is told at once. */
function issues() {
  const found: InputIssue[] = [];
  const that = (field: string, holds: boolean, [message, accepted]: Verdict) => {
    if (!holds) found.push({ path: `input.${field}`, message, accepted });
  };
  return {
    that,
    text(field: string, value: string, max: number) {
      const fits = value.trim() !== '' && value.length <= max;
      that(field, fits, ['Empty or too long.', `1 to ${max} characters`]);
      that(field, isKeepable(value), ['A character cannot be kept.', 'no NUL, no half of a pair']);
    },
    count(field: string, value: number | null | undefined, { min, max }: Bounds) {
      const fits = value == null || (Number.isInteger(value) && min <= value && value <= max);
      that(field, fits, ['Out of bounds.', `a whole number from ${min} to ${max}`]);
    },
    names(field: string, values: readonly string[] | null | undefined, form: RegExp) {
      const few = (values ?? []).length <= listMax;
      that(field, few, ['Too many names.', `up to ${listMax}`]);
      for (const [index, value] of (values ?? []).entries()) {
        that(`${field}.${index}`, form.test(value), [
          'Not a name.',
          'lower case, as in the catalog',
        ]);
      }
    },
    /** What is always something cannot become nothing: absent, it stays as it is. */
    notCleared<Input>(input: Input, fields: readonly (keyof Input & string)[]) {
      for (const field of fields) {
        that(field, input[field] !== null, ['It cannot be cleared.', 'a value, or no such field']);
      }
    },
    done() {
      if (found.length > 0) throw new InvalidInput(found);
    },
  };
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : null);

function isHttp(text: string | null | undefined): boolean {
  return text == null || /^https?:$/.test(urlOf(text)?.protocol ?? '');
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A credential goes there: encrypted, or to this very machine. */
function isSafeAddress(text: string | null | undefined): boolean {
  if (text == null) return true;
  const url = urlOf(text);
  if (!url || url.username || url.password || url.search || url.hash) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));
}

const isSecret = (text: string | null | undefined) => text == null || /^[!-~]{1,4096}$/.test(text);
