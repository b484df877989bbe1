import type { IncomingHttpHeaders } from 'node:http';
import type { Market } from '#catalog';
import type { Completion, CompletionEvent, Started } from '#completions';
import type { Fault } from '#kernel';
import { type CompletionAnswer, completionRequest } from '#schema';
import { fromHeaders } from '../rest/caller.ts';
import { errorBody, wirePath } from '../rest/errors.ts';
import { type FailedAttempts, failedAttempts } from '../rest/failed-attempts.ts';
import { preferencesOf } from '../rest/preferences.ts';
import { refuse } from '../rest/refuse.ts';
import { type Asked, joinedBy, type PartsWriter, type RunDoor } from '../rest/run-door.ts';
import { inShape } from '../rest/shape.ts';
import { answeredBy, finishOf, usageOf } from './chat-answer.ts';
import { samplingOf, whoAsks } from './sampling.ts';

/** `POST …/completions`, the form before chat: its prompt is the one message of the user. */
export const textCompletions: RunDoor = { read, whole, parts, refuse };

function read(body: unknown, headers: IncomingHttpHeaders): Asked {
  const asked = inShape(completionRequest, body);
  const said = fromHeaders(headers);
  const content = typeof asked.prompt === 'string' ? asked.prompt : asked.prompt.join('');
  return {
    input: {
      ...samplingOf(asked),
      ...whoAsks(asked),
      ...said,
      messages: [{ role: 'USER', content }],
      provider: preferencesOf(asked.provider),
      user: asked.user || null,
      sessionId: asked.session_id || said.sessionId || null,
    },
    stream: asked.stream ?? false,
    nameOf: (path) => wirePath(path).replace(/^messages\b.*/, 'prompt'),
  };
}

function whole(completion: Completion, market: Market): CompletionAnswer {
  const text = completion.content?.text ?? '';
  return {
    ...answeredBy(completion, market),
    object: 'text_completion',
    system_fingerprint: null,
    choices: [{ index: 0, text, logprobs: null, ...finishOf(completion) }],
    usage: usageOf(completion.usage, completion.lines),
  };
}

/** Reasoning and calls of tools have no place in this form, so text alone is told. */
function parts(run: Started, market: Market): PartsWriter {
  const chunk = (fields: object) => {
    const about = { ...answeredBy(run.completion(), market), object: 'text_completion' };
    return `data: ${JSON.stringify({ ...about, ...fields })}\n\n`;
  };
  const choice = (text: string, end: object) => ({
    choices: [{ index: 0, text, logprobs: null, finish_reason: null, ...end }],
  });
  const fail = (fault: Fault, attempts: FailedAttempts | null) =>
    chunk({ ...errorBody(fault, attempts), ...choice('', { finish_reason: 'error' }) });
  const write = (event: CompletionEvent): string => {
    switch (event.type) {
      case 'TextDelta':
        return chunk(choice(event.text, {}));
      case 'CompletionFinished': {
        const { usage, lines } = event.completion;
        const end = chunk(choice('', finishOf(event.completion)));
        return `${end}${chunk({ choices: [], usage: usageOf(usage, lines) })}data: [DONE]\n\n`;
      }
      case 'CompletionFailed':
        return fail(event.error, failedAttempts(event.completion, market));
      default:
        return '';
    }
  };
  return { fail, write: joinedBy(write) };
}
