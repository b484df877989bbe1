import type {
  JSONObject,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import type { UpstreamEvent, UpstreamFinish, UpstreamUsage } from '../connector.ts';
import { failureOfFinish, readFinish } from '../openai-finish.ts';
import { refuseCallAfter } from '../openai-tool-calls.ts';
import { isCount } from '../openai-usage.ts';
import { UpstreamFault } from '../upstream-fault.ts';
import {
  formatOf,
  type ReasoningBlock,
  tellsAsClaude,
  thoughtPiece,
  toldAs,
} from './reasoning-blocks.ts';
import { isObject } from './wire.ts';

type Part<Type extends LanguageModelV4StreamPart['type']> = Extract<
  LanguageModelV4StreamPart,
  { type: Type }
>;

interface Block {
  text: string;
  metadata: SharedV4ProviderMetadata;
}

/** Reads the parts of one answer in order and says each as the event that it is. */
export class PartReader {
  readonly #format: string;
  readonly #asClaude: boolean;
  /** Thinking and text that is on its way, by its id, for the signature at its end. */
  readonly #blocks = new Map<string, Block>();
  /** The index of each tool call, by its id. */
  readonly #calls = new Map<string, number>();
  readonly #streamed = new Set<string>();
  readonly #sources: unknown[] = [];
  #finish: Part<'finish'> | null = null;

  constructor(optionsName: string) {
    this.#format = formatOf(optionsName);
    this.#asClaude = tellsAsClaude(optionsName);
  }

  /** Throws the `error` of an error part as it is. */
  read(part: LanguageModelV4StreamPart): readonly UpstreamEvent[] {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        this.#begin(part);
        return [];
      case 'text-delta':
        this.#grow(part);
        return part.delta === '' ? [] : [{ type: 'text', text: part.delta }];
      case 'reasoning-delta':
        this.#grow(part);
        return part.delta === '' ? [] : [this.#thought(part.delta)];
      case 'text-end':
        return this.#end('text', part);
      case 'reasoning-end':
        return this.#end('reasoning', part);
      case 'tool-input-start':
        return [this.#fragment(part.id, part.toolName, '')];
      case 'tool-input-delta':
        this.#streamed.add(part.id);
        return part.delta === '' ? [] : [this.#fragment(part.id, undefined, part.delta)];
      case 'tool-call':
        return this.#toolCall(part);
      case 'file':
        return imageOf(part);
      case 'source':
        this.#sources.push(part);
        return [];
      case 'finish':
        this.#finish = part;
        return [];
      case 'error':
        throw part.error;
      default:
        return [];
    }
  }

  /** The parts have ended: sources, usage and finish. Throws CUT without a finish reason. */
  end(): readonly UpstreamEvent[] {
    const { finishReason, usage, providerMetadata } = this.#finish ?? {};
    if (!finishReason || finishReason.raw === undefined) {
      throw new UpstreamFault({ failure: 'CUT', httpStatus: 200 });
    }
    const events: UpstreamEvent[] = [];
    if (this.#sources.length > 0) {
      events.push({ type: 'annotations', annotations: this.#sources });
    }
    const counted = usage && usageOf(usage);
    if (counted) events.push({ type: 'usage', usage: counted });
    const reason = finishOf(finishReason, this.#calls.size > 0);
    events.push({ type: 'finish', reason: { ...reason, ...stopIn(providerMetadata) } });
    return events;
  }

  #begin({ id, providerMetadata }: Part<'text-start'> | Part<'reasoning-start'>): void {
    this.#blocks.set(id, { text: '', metadata: providerMetadata ?? {} });
  }

  #grow(part: Part<'text-delta'> | Part<'reasoning-delta'>): void {
    const block = this.#blocks.get(part.id);
    if (!block) return;
    block.text += part.delta;
    block.metadata = joined(block.metadata, part.providerMetadata);
  }

  /** A block that was signed is told whole, once it has ended. */
  #end(
    type: 'text' | 'reasoning',
    { id, providerMetadata }: Part<'text-end'> | Part<'reasoning-end'>,
  ): readonly UpstreamEvent[] {
    const block = this.#blocks.get(id);
    this.#blocks.delete(id);
    const metadata = joined(block?.metadata ?? {}, providerMetadata);
    if (Object.values(metadata).every((own) => !signed(own))) return [];
    return [
      this.#details({
        format: this.#format,
        type,
        ...(type === 'reasoning' ? { text: block?.text ?? '' } : {}),
        metadata,
      }),
    ];
  }

  /** Comes after its fragments where there were any. */
  #toolCall(part: Part<'tool-call'>): readonly UpstreamEvent[] {
    const { toolCallId: callId, toolName, input, providerMetadata: metadata } = part;
    const events: UpstreamEvent[] = [];
    if (!this.#streamed.has(callId)) events.push(this.#fragment(callId, toolName, input));
    if (metadata && Object.values(metadata).some(signed)) {
      events.push(this.#details({ format: this.#format, type: 'toolCall', callId, metadata }));
    }
    return events;
  }

  #fragment(callId: string, name: string | undefined, text: string): UpstreamEvent {
    const known = this.#calls.get(callId);
    const index = known ?? this.#calls.size;
    if (known === undefined) refuseCallAfter(index);
    this.#calls.set(callId, index);
    const head = name === undefined || known !== undefined ? {} : { callId, name };
    return { type: 'toolCall', index, ...head, arguments: text };
  }

  #thought(text: string): UpstreamEvent {
    const details = this.#asClaude ? { details: [thoughtPiece(text)] } : {};
    return { type: 'reasoning', text, ...details };
  }

  #details(block: ReasoningBlock): UpstreamEvent {
    return { type: 'reasoning', text: '', details: [toldAs(block)] };
  }
}

/** A picture; no other kind of file has a place in an answer. */
function imageOf({ mediaType, data: file }: Part<'file'>): readonly UpstreamEvent[] {
  if (!mediaType.startsWith('image/')) return [];
  if (file.type === 'url') return [{ type: 'image', url: String(file.url) }];
  const { data } = file;
  const base64 = typeof data === 'string' ? data : Buffer.from(data).toString('base64');
  return [{ type: 'image', url: `data:${mediaType};base64,${base64}` }];
}

function joined(
  known: SharedV4ProviderMetadata,
  more: SharedV4ProviderMetadata | undefined,
): SharedV4ProviderMetadata {
  if (!more) return known;
  const all = { ...known };
  for (const [name, own] of Object.entries(more)) all[name] = { ...all[name], ...own };
  return all;
}

const signatureNames = ['signature', 'thoughtSignature', 'redactedData', 'redactedContent'];

function signed(metadata: SharedV4ProviderMetadata[string]): boolean {
  return signatureNames.some((name) => metadata[name] != null);
}

/** Null when the provider gave none, or what is none: it is counted here then. */
function usageOf({ inputTokens, outputTokens, raw }: LanguageModelV4Usage): UpstreamUsage | null {
  const { total: prompt, cacheRead = 0, cacheWrite = 0 } = inputTokens;
  const { total: completion, reasoning = 0 } = outputTokens;
  const forAnHour = cacheWrite > 0 ? writtenForAnHour(raw) : {};
  const usage = { prompt, completion, cacheRead, cacheWrite, ...forAnHour, reasoning };
  return isUsage(usage) && usage.prompt + usage.completion > 0 ? usage : null;
}

/** What of the writes is kept for an hour, as Anthropic and Bedrock tell it beside their sum. */
function writtenForAnHour(raw: JSONObject | undefined): Pick<UpstreamUsage, 'cacheWriteHour'> {
  const { cache_creation: creation, cacheDetails } = raw ?? {};
  const details = Array.isArray(cacheDetails) ? cacheDetails.filter(isObject) : [];
  const tokens = isObject(creation)
    ? creation['ephemeral_1h_input_tokens']
    : details.find(({ ttl }) => ttl === '1h')?.['inputTokens'];
  return isCount(tokens) && tokens > 0 ? { cacheWriteHour: tokens } : {};
}

const isUsage = (usage: Record<string, unknown>): usage is Record<keyof UpstreamUsage, number> =>
  Object.values(usage).every(isCount);

const unified = {
  stop: 'STOP',
  length: 'LENGTH',
  'tool-calls': 'TOOL_CALLS',
  'content-filter': 'CONTENT_FILTER',
} as const;

function finishOf(reason: LanguageModelV4FinishReason, callsTools: boolean) {
  const raw = reason.raw ?? '';
  const failure = failureOfFinish(raw) ?? (reason.unified === 'error' ? 'ERROR_IN_BODY' : null);
  if (failure) throw new UpstreamFault({ failure, httpStatus: 200 });
  const known = reason.unified === 'other' ? readFinish(raw, callsTools).unified : undefined;
  return { unified: known ?? unified[reason.unified as keyof typeof unified], raw };
}

/** Which stop ended the answer, as Anthropic's wires tell it beside the finish. */
function stopIn(
  metadata: SharedV4ProviderMetadata | undefined,
): Pick<UpstreamFinish, 'stopSequence'> {
  const stop = Object.values(metadata ?? {}).find((own) => typeof own['stopSequence'] === 'string');
  return stop ? { stopSequence: String(stop['stopSequence']) } : {};
}
