import type { Endpoint, Market } from '#catalog';
import type { Completion, CompletionEvent, Started } from '#completions';
import type { Fault } from '#kernel';
import { errorBody } from '../rest/errors.ts';
import { type FailedAttempts, failedAttempts } from '../rest/failed-attempts.ts';
import { joinedBy, type PartsWriter } from '../rest/run-door.ts';
import { besidesText, finishOf, secondsOf, usageOf } from './chat-answer.ts';

/**
 * Everything of a chunk but its delta is the same for as long as one endpoint answers, so it is
 * made once: a token costs one small `stringify` and a concatenation.
 */
export function openChunks(run: Started, market: Market): PartsWriter {
  const { id } = run;
  const created = secondsOf(run.completion().createdAt);
  let head = '';
  let choice = '';
  let first = true;

  const servedBy = (model: string, provider: string | null) => {
    const about = { id, object: 'chat.completion.chunk', created, model, provider };
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
    const last = { content: '', ...besidesText(completion.content) };
    const end = { index: 0, delta: last, ...finishOf(completion), logprobs: null };
    const usage = usageOf(completion.usage, completion.lines);
    return (
      `${head}"choices":[${JSON.stringify(end)}]}\n\n` +
      `${head}"choices":[],"usage":${JSON.stringify(usage)}}\n\ndata: [DONE]\n\n`
    );
  };
  const fail = (fault: Fault, attempts: FailedAttempts | null) => {
    const end = { index: 0, delta: { content: '' }, finish_reason: 'error' };
    const error = JSON.stringify(errorBody(fault, attempts)).slice(1, -1);
    return `${head}${error},"choices":[${JSON.stringify(end)}]}\n\n`;
  };
  const chunk = (event: CompletionEvent): string => {
    switch (event.type) {
      case 'CompletionStarted':
        servedBy(event.endpoint.model.slug, providerName(event.endpoint));
        return '';
      case 'TextDelta':
        return delta(event.refusal ? refusalOf(event) : contentOf(event));
      case 'ReasoningDelta':
        return delta(JSON.stringify(reasoningOf(event)));
      case 'ToolCallDelta':
        return delta(JSON.stringify({ tool_calls: [toolCallOf(event)] }));
      case 'RouteChanged':
        return '';
      case 'CompletionFinished':
        return finished(event.completion);
      case 'CompletionFailed':
        return fail(event.error, failedAttempts(event.completion, market));
    }
  };

  servedBy(run.completion().requestedModel, null);
  return { fail, write: joinedBy(chunk) };
}

const providerName = ({ provider }: Endpoint) => provider.name;

type Text = Extract<CompletionEvent, { type: 'TextDelta' }>;

const contentOf = ({ text }: Text) => `{"content":${JSON.stringify(text)}}`;

/** Clients that parse the content for its structure look there first; the others show it. */
const refusalOf = ({ text }: Text) => JSON.stringify({ content: text, refusal: text });

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
