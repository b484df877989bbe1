import type { Endpoint } from '#catalog';
import type { Completion, CompletionEvent } from '#completions';
import type { Fault } from '#kernel';
import { finishOf, usageOf } from './chat-answer.ts';
import { errorBody } from './errors.ts';

/** Turns the events of one completion into the text of a stream. */
export interface ChunkWriter {
  /** What a batch of events becomes on the wire: nothing, or whole chunks for one write. */
  write(events: readonly CompletionEvent[]): string;
  /** A failure after the stream has begun: a chunk with the error, and the end. */
  fail(fault: Fault): string;
}

/**
 * Everything of a chunk but its delta is the same for as long as one endpoint answers, so it is
 * made once: a token costs one small `stringify` and a concatenation.
 */
export function openChunks(id: string, createdSeconds: number): ChunkWriter {
  let head = '';
  let choice = '';
  let first = true;

  const servedBy = (model: string, provider: string | null) => {
    const about = { id, object: 'chat.completion.chunk', created: createdSeconds, model, provider };
    head = `data: ${JSON.stringify(about).slice(0, -1)},`;
    choice = `${head}"choices":[{"index":0,"delta":`;
  };
  const delta = (text: string) =>
    `${choice}${role(text)},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}\n\n`;
  const role = (text: string) => {
    if (!first) return text;
    first = false;
    return `{"role":"assistant",${text.slice(1)}`;
  };
  const finished = (completion: Completion) => {
    const end = { index: 0, delta: { content: '' }, ...finishOf(completion), logprobs: null };
    const usage = usageOf(completion.usage, completion.lines);
    return (
      `${head}"choices":[${JSON.stringify(end)}]}\n\n` +
      `${head}"choices":[],"usage":${JSON.stringify(usage)}}\n\ndata: [DONE]\n\n`
    );
  };
  const fail = (fault: Fault) => {
    const end = { index: 0, delta: { content: '' }, finish_reason: 'error' };
    const error = JSON.stringify(errorBody(fault)).slice(1, -1);
    return `${head}${error},"choices":[${JSON.stringify(end)}]}\n\n`;
  };
  const chunk = (event: CompletionEvent): string => {
    switch (event.type) {
      case 'CompletionStarted':
        servedBy(event.endpoint.model.slug, providerName(event.endpoint));
        return '';
      case 'TextDelta':
        return delta(`{"content":${JSON.stringify(event.text)}}`);
      case 'ReasoningDelta':
        return delta(JSON.stringify(reasoningOf(event)));
      case 'ToolCallDelta':
        return delta(JSON.stringify({ tool_calls: [toolCallOf(event)] }));
      case 'RouteChanged':
        return '';
      case 'CompletionFinished':
        return finished(event.completion);
      case 'CompletionFailed':
        return fail(event.error);
    }
  };

  servedBy('', null);
  return { fail, write: (events) => events.map(chunk).join('') };
}

const providerName = ({ provider }: Endpoint) => provider.name;

type Reasoning = Extract<CompletionEvent, { type: 'ReasoningDelta' }>;
type ToolCall = Extract<CompletionEvent, { type: 'ToolCallDelta' }>;

const reasoningOf = ({ text, details }: Reasoning) => ({
  content: '',
  reasoning: text,
  ...(details == null ? {} : { reasoning_details: details }),
});

const toolCallOf = ({ index, callId, name, arguments: fragment }: ToolCall) => ({
  index,
  ...(callId === null ? {} : { id: callId, type: 'function' }),
  function: { ...(name === null ? {} : { name }), arguments: fragment },
});
