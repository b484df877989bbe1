import type { IncomingHttpHeaders } from 'node:http';
import type { CompletionInput, ResponseFormatInput } from '#completions';
import { upper } from '#kernel';
import { type ResponsesRequest, responsesRequest } from '#schema';
import { withMarkBehind } from '../rest/cache-marks.ts';
import { fromHeaders } from '../rest/caller.ts';
import { Origins } from '../rest/origins.ts';
import { preferencesOf } from '../rest/preferences.ts';
import type { Asked } from '../rest/run-door.ts';
import { inShape } from '../rest/shape.ts';
import { effortOf } from './chat-request.ts';
import { conversationOf } from './responses-conversation.ts';
import { functionsOf, wholeName } from './responses-tools.ts';
import { whoAsks } from './sampling.ts';
import { chosen, type ToolChoice } from './tool-choice.ts';

/** A response repeats what was asked for. */
export interface ResponsesAsked extends Asked {
  readonly request: ResponsesRequest;
}

/** Reads the body of `responses`. InvalidInput names every field that is wrong. */
export function readResponsesRequest(body: unknown, headers: IncomingHttpHeaders): ResponsesAsked {
  const request = inShape(responsesRequest, body);
  const origins = new Origins();
  conversationOf(request, origins);
  return {
    request,
    input: inputOf(request, origins, headers),
    stream: request.stream ?? false,
    nameOf: (path) => origins.nameOf(path, names),
  };
}

const names = new Map([
  ['messages', 'input'],
  ['max_tokens', 'max_output_tokens'],
  ['response_format', 'text.format'],
  ['reasoning.max_tokens', 'reasoning.max_tokens'],
]);

function inputOf(
  asked: ResponsesRequest,
  { messages }: Origins,
  headers: IncomingHttpHeaders,
): CompletionInput {
  const said = fromHeaders(headers);
  const { reasoning } = asked;
  return {
    ...said,
    ...whoAsks(asked),
    messages: withMarkBehind(messages, asked.cache_control),
    maxTokens: asked.max_output_tokens ?? null,
    temperature: asked.temperature ?? null,
    topP: asked.top_p ?? null,
    topK: asked.top_k ?? null,
    frequencyPenalty: asked.frequency_penalty ?? null,
    presencePenalty: asked.presence_penalty ?? null,
    ...chosen(functionsOf(asked), choiceOf(asked.tool_choice)),
    parallelToolCalls: asked.parallel_tool_calls ?? null,
    responseFormat: formatOf(asked.text?.format),
    reasoning:
      reasoning?.effort || reasoning?.max_tokens
        ? {
            effort: reasoning.effort ? effortOf(reasoning.effort) : null,
            maxTokens: reasoning.max_tokens ?? null,
          }
        : null,
    provider: preferencesOf(asked.provider),
    user: asked.user || asked.safety_identifier || null,
    sessionId: asked.session_id || said.sessionId || asked.prompt_cache_key || null,
  };
}

function choiceOf(choice: ResponsesRequest['tool_choice']): ToolChoice {
  if (!choice || typeof choice === 'string') return choice ?? null;
  if (choice.type !== 'allowed_tools') return nameOf(choice);
  return { mode: choice.mode, allowed: choice.tools.map(nameOf) };
}

type Named = Extract<ResponsesRequest['tool_choice'], { type: 'function' | 'custom' }>;

const nameOf = ({ name, namespace }: Named) =>
  wholeName({ name, namespace: namespace ?? undefined });

type Format = NonNullable<ResponsesRequest['text']>['format'];

function formatOf(format: Format): ResponseFormatInput | null {
  if (!format || format.type === 'text') return null;
  if (format.type === 'json_object') return { type: upper(format.type) };
  const { name, schema, strict } = format;
  return {
    type: 'JSON_SCHEMA',
    name: name ?? null,
    schema: schema ?? null,
    strict: strict ?? null,
  };
}
