import type { Market } from '#catalog';
import type { Completion, CompletionEvent, Started } from '#completions';
import type { Fault } from '#kernel';
import { errorBody, errorTypeOf, statusOf } from '../rest/errors.ts';
import { type FailedAttempts, failedAttempts } from '../rest/failed-attempts.ts';
import { oneCallAtATime } from '../rest/one-call-at-a-time.ts';
import { joinedBy, type PartsWriter } from '../rest/run-door.ts';
import { endedResponse, isCut, openResponse } from './responses-answer.ts';
import { ItemEvents } from './responses-items.ts';
import type { ResponsesAsked } from './responses-request.ts';
import { sourcesOf } from './responses-sources.ts';
import { functionNames } from './responses-tools.ts';

type Json = Readonly<Record<string, unknown>>;

/** An answer as OpenAI streams responses: items that begin, grow and are done, all numbered. */
export function openResponsesEvents(
  run: Started,
  market: Market,
  { request }: ResponsesAsked,
): PartsWriter {
  let sequence = 0;
  let begun = false;
  const event = (type: string, data: Json) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...data })}\n\n`;
  const items = new ItemEvents(run.id, functionNames(request), event);

  const begin = () => {
    if (begun) return '';
    begun = true;
    const response = openResponse({ completion: run.completion(), market, request });
    return event('response.created', { response }) + event('response.in_progress', { response });
  };
  const finish = (completion: Completion) => {
    const sources = sourcesOf(completion.content?.annotations);
    const done = begin() + items.finish(sources, isCut(completion));
    const response = endedResponse({ completion, market, request, output: items.done });
    return done + event(`response.${response.status}`, { response });
  };
  const fail = (fault: Fault, attempts: FailedAttempts | null) => {
    const begunBefore = begin();
    const open = openResponse({ completion: run.completion(), market, request });
    const { error } = errorBody(fault, attempts);
    const response = {
      ...open,
      status: 'failed',
      output: items.done,
      error: { ...error, code: codeOf(fault), error_type: errorTypeOf(fault) },
    };
    return begunBefore + event('response.failed', { response });
  };
  const write = (one: CompletionEvent): string => {
    switch (one.type) {
      case 'CompletionStarted':
      case 'RouteChanged':
        return '';
      case 'TextDelta':
        return begin() + (one.refusal ? items.refusal(one.text) : items.text(one.text));
      case 'ReasoningDelta':
        return begin() + items.reasoning(one);
      case 'ToolCallDelta':
        return begin() + items.toolCall(one);
      case 'CompletionFinished':
        return finish(one.completion);
      case 'CompletionFailed':
        return fail(one.error, failedAttempts(one.completion, market));
    }
  };
  return { fail, write: joinedBy(oneCallAtATime(write)) };
}

/** This form's own few words for what went wrong. */
function codeOf(fault: Fault): string {
  const status = statusOf(fault);
  if (status === 429) return 'rate_limit_exceeded';
  return status < 500 ? 'invalid_prompt' : 'server_error';
}
