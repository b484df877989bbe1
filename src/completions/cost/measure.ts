import type { Endpoint } from '#catalog';
import { chargePolicy, type TokenUsage } from '#credits';
import { countTokens, tokenizerOf, type UpstreamUsage } from '#upstream';
import type { Transcript } from '../attempt/transcript.ts';
import { endings } from '../endings.ts';
import type { Rooms } from '../rooms.ts';
import type { Running } from '../runs/running.ts';
import { boundSize, onlyText, textOf } from './prompt-size.ts';

/** What a completion used, in tokens and images. */
export interface Measure {
  readonly tokens: TokenUsage;
  readonly images: number;
  /** The provider gave no usage, or one that cannot be: it was counted here. */
  readonly estimated: boolean;
}

const nothing: TokenUsage = { prompt: 0, completion: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

/**
 * A reported answer may exceed our own count by this factor and this many tokens before it is not
 * believed.
 */
const toleratedFactor = 1.5;
const toleratedTokens = 50;
/** What services put before a prompt, unseen: Grok's are near seven hundred. */
const promptTokensBeside = 1_000;
/** More, both together, than anybody counts: who reports more is not believed in anything. */
const tokensMax = 2 ** 31 - 1;
/** As far as tokens are counted that nobody pays for; beyond, each is taken for so many bytes. */
const freeCharactersMax = 64 * 1024;
const bytesPerToken = 4;
/** Few vocabularies need a token for less than this many bytes of ordinary text. */
const bytesPerTokenMin = 3;

/**
 * The provider's own figures where they can be true, else ours; nothing when nothing was ever sent.
 */
export async function measure(
  running: Running,
  { distrust }: Pick<Rooms, 'distrust'>,
): Promise<Measure> {
  const { endpoint, transcript } = running;
  if (!endpoint || running.attempts.length === 0) {
    return { tokens: nothing, images: 0, estimated: false };
  }
  const reported = countable(transcript.usage) ? transcript.usage : null;
  const images = reported?.images ?? 0;
  const promptTold = reported !== null && promptCanBe(reported, running, endpoint);
  const possible = promptTold && reported.reasoning <= running.outputCap;
  const believed = possible && !running.continued && !distrust.has(endpoint.id);
  if (believed && (await credible(reported, transcript, endpoint))) {
    return { tokens: tokensOf(reported), images, estimated: false };
  }
  const size = isFree(running) ? roughly : count;
  const completion = await size(transcript.generated, endpoint);
  // What a continuation was sent and what it read from a cache is not the caller's prompt.
  const own = promptTold && !running.continued ? reported : null;
  const prompt = own?.prompt ?? (await size(textOf(running.request.chat), endpoint));
  if (reported && !possible) distrust.add(endpoint.id, reported, { prompt, completion });
  const cached = own ? tokensOf(own) : nothing;
  return { tokens: { ...cached, prompt, completion, reasoning: 0 }, images, estimated: true };
}

const isFree = ({ ending }: Running): boolean =>
  ending !== null && chargePolicy[endings[ending.kind].charge].charges === 'NOTHING';

/** What costs nothing is not worth the seconds that long texts take, while its caller waits. */
const roughly: typeof count = (text, endpoint) =>
  text.length > freeCharactersMax
    ? Promise.resolve(Math.ceil(Buffer.byteLength(text) / bytesPerToken))
    : count(text, endpoint);

const countable = (usage: UpstreamUsage | null): boolean =>
  usage === null || usage.prompt + usage.completion <= tokensMax;

/**
 * A token of text is a byte at least, and services put some before a prompt. What they count for
 * pictures, sound and files is their own affair, and ends at the hold.
 */
function promptCanBe(
  { prompt }: UpstreamUsage,
  { request }: Running,
  { contextLength }: Endpoint,
): boolean {
  if (prompt <= promptTokensBeside || !onlyText(request.chat)) return true;
  const { total, prompts } = boundSize(request);
  return prompt <= Math.min(total, contextLength * prompts) + promptTokensBeside;
}

/**
 * Providers report their own bill: a visible answer far beyond what was delivered is not believed.
 * The bytes settle it for nearly all; only what they leave open is counted.
 */
async function credible(
  reported: UpstreamUsage,
  transcript: Transcript,
  endpoint: Endpoint,
): Promise<boolean> {
  const visible = reported.completion - reported.reasoning - transcript.imageTokens;
  const limitOf = (own: number) => own * toleratedFactor + toleratedTokens;
  if (visible <= limitOf(transcript.bytes / bytesPerTokenMin / toleratedFactor)) return true;
  return visible <= limitOf(await count(transcript.generated, endpoint));
}

/** Counts with the model's tokenizer, as far as it is public. */
const count = (text: string, { model, provider }: Endpoint): Promise<number> =>
  countTokens(text, provider.sandbox ? 'words' : (tokenizerOf(model.slug) ?? 'o200k_base'));

const tokensOf = ({ images: _, ...tokens }: UpstreamUsage): TokenUsage => tokens;
