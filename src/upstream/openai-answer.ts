import { jsonDepthMax, nestedWithin } from '#kernel';
import type { UpstreamEvent, UpstreamUsage } from './connector.ts';
import { failureOfFinish, readFinish } from './openai-finish.ts';
import { annotationsOf, type OpenAiSources } from './openai-sources.ts';
import { textAt } from './openai-text.ts';
import { type OpenAiToolCall, ToolCalls } from './openai-tool-calls.ts';
import { type OpenAiUsage, readUsage } from './openai-usage.ts';
import { UpstreamFault } from './upstream-fault.ts';

/** A chunk of a stream or a whole answer: what we read of either. */
export interface OpenAiAnswer extends OpenAiSources {
  readonly choices?: readonly OpenAiChoice[] | null;
  readonly usage?: OpenAiUsage | null;
  /** Groq's place for the usage of a stream. */
  readonly x_groq?: { readonly usage?: OpenAiUsage | null } | null;
  readonly error?: unknown;
}

interface OpenAiChoice {
  readonly index?: number;
  readonly delta?: OpenAiMessage | null;
  readonly message?: OpenAiMessage | null;
  readonly finish_reason?: string | null;
  /** vLLM: the stop that ended the answer, or a token's number. */
  readonly stop_reason?: string | number | null;
  /** SGLang's name for the same. */
  readonly matched_stop?: string | number | null;
  readonly error?: unknown;
}

interface OpenAiMessage {
  /** Mistral's reasoning models send parts. */
  readonly content?: string | readonly OpenAiPart[] | null;
  /** DeepSeek, xAI, Moonshot, older vLLM. */
  readonly reasoning_content?: string | null;
  /** OpenRouter, Groq, Together, Cerebras, newer vLLM. */
  readonly reasoning?: string | null;
  /** Ollama. */
  readonly thinking?: string | null;
  /** OpenRouter: carries signatures that the next turn has to give back. */
  readonly reasoning_details?: readonly ReasoningDetail[] | null;
  readonly tool_calls?: readonly OpenAiToolCall[] | null;
  /** The form before tools. */
  readonly function_call?: { readonly name?: string; readonly arguments?: string } | null;
  readonly refusal?: string | null;
  readonly annotations?: readonly unknown[] | null;
  /** OpenRouter, and gateways after it. */
  readonly images?: readonly OpenAiImage[] | null;
}

interface OpenAiImage {
  readonly image_url?: { readonly url?: string | null } | null;
}

interface OpenAiPart {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string | readonly { readonly text?: string }[];
}

interface ReasoningDetail {
  readonly text?: string | null;
  readonly summary?: string | null;
}

/** A stop that somebody asked for is shorter. */
const stopCharactersMax = 1_000;

/** Makes the fault for an `error` object that came in an answer with status 200. */
export type ErrorInBody = (error: unknown) => UpstreamFault;

/**
 * Reads the chunks of one answer in order. What a chunk says becomes events at once; usage and
 * sources (the last ones said) and the finish reason are kept for `end`, so that a finish is seen
 * after a proper end and nowhere else.
 */
export class AnswerReader {
  readonly #errorInBody: ErrorInBody;
  readonly #toolCalls = new ToolCalls();
  #usage: UpstreamUsage | null = null;
  #finish: string | null = null;
  #stopSequence: string | undefined;
  #sources: OpenAiSources = {};
  #annotated = false;

  constructor(errorInBody: ErrorInBody) {
    this.#errorInBody = errorInBody;
  }

  /**
   * Perplexity's answers have both a message and a delta: `says` is the one that counts. Throws
   * MALFORMED for what is no answer, and what `errorInBody` makes of an error.
   */
  read(answer: OpenAiAnswer, events: UpstreamEvent[], says: 'delta' | 'message' = 'delta'): void {
    try {
      this.#read(answer, events, says);
    } catch (thrown) {
      if (thrown instanceof UpstreamFault) throw thrown;
      // Something of another kind stands where a list or an object is walked.
      throw new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200, cause: thrown });
    }
  }

  #read(answer: OpenAiAnswer, events: UpstreamEvent[], says: 'delta' | 'message'): void {
    if (typeof answer !== 'object' || answer === null) {
      throw new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200 });
    }
    const choice = answer.choices?.find((each) => (each.index ?? 0) === 0);
    const message = choice?.[says] ?? choice?.delta ?? choice?.message;
    if (message) this.#readMessage(message, events);
    const error = answer.error ?? choice?.error;
    if (error) throw this.#errorInBody(error);
    const finish = textAt(choice?.finish_reason);
    if (finish !== '') this.#readFinish(finish);
    const stop = choice?.stop_reason ?? choice?.matched_stop;
    if (typeof stop === 'string') this.#stopSequence = stop.slice(0, stopCharactersMax);
    const usage = answer.usage ?? answer.x_groq?.usage;
    if (usage) this.#usage = readUsage(usage) ?? this.#usage;
    if (answer.citations || answer.search_results) this.#sources = answer;
  }

  /** Whether usage or a finish reason was said so far. */
  get knowsOfEnd(): boolean {
    return this.#usage !== null || this.#finish !== null;
  }

  /** The end mark was seen (or the whole answer read). Throws CUT without a finish reason. */
  end(events: UpstreamEvent[]): void {
    if (this.#finish === null) throw new UpstreamFault({ failure: 'CUT', httpStatus: 200 });
    // Services in front of Perplexity annotate the message, and repeat the addresses beside it.
    const annotations = this.#annotated ? [] : annotationsOf(this.#sources);
    if (annotations.length > 0) events.push({ type: 'annotations', annotations });
    if (this.#usage) events.push({ type: 'usage', usage: this.#usage });
    const reason = readFinish(this.#finish, this.#toolCalls.any);
    const stopSequence = this.#stopSequence;
    events.push({
      type: 'finish',
      reason: stopSequence === undefined ? reason : { ...reason, stopSequence },
    });
  }

  #readFinish(raw: string): void {
    const failure = failureOfFinish(raw);
    if (failure) throw new UpstreamFault({ failure, httpStatus: 200 });
    this.#finish ??= raw;
  }

  #readMessage(message: OpenAiMessage, events: UpstreamEvent[]): void {
    readReasoning(message, events);
    const { content } = message;
    if (typeof content === 'string') {
      if (content !== '') events.push({ type: 'text', text: content });
    } else if (content) {
      for (const part of content) readPart(part, events);
    }
    const refusal = textAt(message.refusal);
    if (refusal !== '') events.push({ type: 'refusal', text: refusal });
    if (message.tool_calls) {
      for (const call of message.tool_calls) this.#readToolCall(call, events);
    }
    if (message.function_call) {
      this.#readToolCall({ index: 0, function: message.function_call }, events);
    }
    for (const image of message.images ?? []) readImage(image, events);
    if (message.annotations?.length) {
      this.#annotated = true;
      events.push({ type: 'annotations', annotations: readable(message.annotations) });
    }
  }

  #readToolCall(call: OpenAiToolCall, events: UpstreamEvent[]): void {
    const fragment = this.#toolCalls.read(call);
    if (fragment) events.push(fragment);
  }
}

function readImage({ image_url: image }: OpenAiImage, events: UpstreamEvent[]): void {
  const url = textAt(image?.url);
  if (url !== '') events.push({ type: 'image', url });
}

/** Services that send one text under two names send it twice; the first that is filled counts. */
function readReasoning(message: OpenAiMessage, events: UpstreamEvent[]): void {
  const details = message.reasoning_details;
  const { reasoning_content, reasoning, thinking } = message;
  const named = textAt(reasoning_content) || textAt(reasoning) || textAt(thinking);
  if (named === '' && !details?.length) return;
  const text = named || (details ?? []).map((each) => textAt(each.text ?? each.summary)).join('');
  events.push({
    type: 'reasoning',
    text,
    ...(details?.length ? { details: readable(details) } : {}),
  });
}

/** What is handed on as it came; MALFORMED when it is nested so deep that nobody can walk it. */
function readable<Json>(json: Json): Json {
  if (nestedWithin(json, jsonDepthMax)) return json;
  throw new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200 });
}

function readPart(part: OpenAiPart, events: UpstreamEvent[]): void {
  const said = textAt(part.text);
  if (said !== '') events.push({ type: 'text', text: said });
  const { thinking } = part;
  const thought = Array.isArray(thinking)
    ? thinking.map(({ text }) => textAt(text)).join('')
    : textAt(thinking);
  if (thought !== '') events.push({ type: 'reasoning', text: thought });
}
