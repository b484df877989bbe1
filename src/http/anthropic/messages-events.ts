import type { Market } from '#catalog';
import type { Completion, CompletionEvent, Started } from '#completions';
import type { Fault } from '#kernel';
import { type FailedAttempts, failedAttempts } from '../rest/failed-attempts.ts';
import { oneCallAtATime } from '../rest/one-call-at-a-time.ts';
import { type Asked, joinedBy, type PartsWriter } from '../rest/run-door.ts';
import { messagesUsageOf, stopOf } from './messages-answer.ts';
import { messagesError } from './messages-errors.ts';
import { roughPromptTokens } from './rough-prompt.ts';
import { sealsIn } from './thinking.ts';

type Json = Readonly<Record<string, unknown>>;
type Delta<Type> = Extract<CompletionEvent, { type: Type }>;

/** An answer as Anthropic streams it: blocks that begin, grow and stop, one at a time. */
export function openMessagesEvents(
  run: Started,
  market: Market,
  { input }: Pick<Asked, 'input'>,
): PartsWriter {
  const blocks = new Blocks();
  let model = run.completion().requestedModel;
  let begun = false;

  const begin = () => {
    if (begun) return '';
    begun = true;
    const usage = {
      input_tokens: roughPromptTokens(input),
      output_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
    };
    const message = { id: run.id, type: 'message', role: 'assistant', model, content: [] };
    const end = { stop_reason: null, stop_sequence: null, usage };
    return event('message_start', { message: { ...message, ...end } });
  };
  const finish = (completion: Completion) => {
    const delta = stopOf(completion);
    const usage = messagesUsageOf(completion.usage);
    return (
      begin() + blocks.stop() + event('message_delta', { delta, usage }) + event('message_stop', {})
    );
  };
  const fail = (fault: Fault, attempts: FailedAttempts | null) =>
    event('error', messagesError(fault, { requestId: run.id, attempts }));
  const write = (one: CompletionEvent): string => {
    switch (one.type) {
      case 'CompletionStarted':
        model = one.endpoint.model.slug;
        return '';
      case 'TextDelta':
        return begin() + blocks.text(one);
      case 'ReasoningDelta':
        return begin() + blocks.thinking(one);
      case 'ToolCallDelta':
        return begin() + blocks.toolCall(one);
      case 'RouteChanged':
        return '';
      case 'CompletionFinished':
        return finish(one.completion);
      case 'CompletionFailed':
        return fail(one.error, failedAttempts(one.completion, market));
    }
  };
  return { fail, write: joinedBy(oneCallAtATime(write)) };
}

/** The blocks of one answer. A delta of another kind, or of another tool call, begins a new one. */
class Blocks {
  #index = -1;
  #open: string | null = null;

  text({ text }: Delta<'TextDelta'>): string {
    const begun = this.#begin('text', { type: 'text', text: '', citations: null });
    return begun + this.#delta({ type: 'text_delta', text });
  }

  thinking({ text, details }: Delta<'ReasoningDelta'>): string {
    const { signature, redacted } = sealsIn(details);
    const thinks = text !== '' || signature !== null || redacted.length === 0;
    return (
      (thinks ? this.#thought(text, signature) : '') +
      redacted.map((data) => this.#redacted(data)).join('')
    );
  }

  toolCall({ index, callId, name, arguments: partial }: Delta<'ToolCallDelta'>): string {
    const start = { type: 'tool_use', id: callId, name, input: {} };
    const begun = this.#begin(`tool ${index}`, start);
    return (
      begun + (partial ? this.#delta({ type: 'input_json_delta', partial_json: partial }) : '')
    );
  }

  stop(): string {
    if (this.#open === null) return '';
    this.#open = null;
    return event('content_block_stop', { index: this.#index });
  }

  #thought(text: string, signature: string | null): string {
    const start = { type: 'thinking', thinking: '', signature: '' };
    return (
      this.#begin('thinking', start) +
      (text ? this.#delta({ type: 'thinking_delta', thinking: text }) : '') +
      (signature ? this.#delta({ type: 'signature_delta', signature }) : '')
    );
  }

  /** What is kept from the caller comes whole, as a block of its own. */
  #redacted(data: string): string {
    return this.stop() + this.#begin('redacted', { type: 'redacted_thinking', data }) + this.stop();
  }

  #begin(block: string, start: Json): string {
    if (this.#open === block) return '';
    const stopped = this.stop();
    this.#open = block;
    this.#index++;
    return stopped + event('content_block_start', { index: this.#index, content_block: start });
  }

  #delta(delta: Json): string {
    return event('content_block_delta', { index: this.#index, delta });
  }
}

const event = (type: string, data: Json) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
