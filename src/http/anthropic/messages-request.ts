import type { IncomingHttpHeaders } from 'node:http';
import type { CompletionInput, ReasoningInput } from '#completions';
import { InvalidInput } from '#kernel';
import { type MessagesRequest, messagesRequest } from '#schema';
import { effortOf } from '../openai/chat-request.ts';
import { marked, withMarkBehind } from '../rest/cache-marks.ts';
import { fromHeaders } from '../rest/caller.ts';
import { Origins } from '../rest/origins.ts';
import { preferencesOf } from '../rest/preferences.ts';
import type { Asked } from '../rest/run-door.ts';
import { inShape } from '../rest/shape.ts';
import { conversationOf } from './conversation.ts';

/** Reads the body of `messages`. InvalidInput names every field that is wrong. */
export function readMessagesRequest(body: unknown, headers: IncomingHttpHeaders): Asked {
  const asked = inShape(messagesRequest, body);
  checkBudget(asked, headers);
  const origins = new Origins();
  conversationOf(asked, origins);
  const named = new Map([...names, ['user', asked.user ? 'user' : 'metadata.user_id']]);
  return {
    input: inputOf(asked, origins, headers),
    stream: asked.stream ?? false,
    nameOf: (path) => origins.nameOf(path, named),
  };
}

/** `anthropic-beta` is read for this alone: no other field that it allows is passed on. */
const interleaved = /\binterleaved-thinking-/;

/**
 * A budget leaves room for the answer. Anthropic takes a larger one where it holds for all the
 * thoughts between calls of tools: there each answer thinks as much as its cap allows.
 */
function checkBudget(asked: MessagesRequest, headers: IncomingHttpHeaders): void {
  const { thinking, max_tokens: cap, tools } = asked;
  if (thinking?.type !== 'enabled' || thinking.budget_tokens < cap) return;
  if (tools?.length && interleaved.test(String(headers['anthropic-beta']))) return;
  const message = `It is ${thinking.budget_tokens}, and \`max_tokens\` is ${cap}.`;
  throw InvalidInput.at('thinking.budget_tokens', message, 'fewer than `max_tokens`');
}

const names = new Map([
  ['stop', 'stop_sequences'],
  ['parameters', 'input_schema'],
  ['response_format', 'output_config.format'],
  ['reasoning.max_tokens', 'thinking.budget_tokens'],
]);

function inputOf(
  asked: MessagesRequest,
  { messages }: Origins,
  headers: IncomingHttpHeaders,
): CompletionInput {
  const said = fromHeaders(headers);
  const format = asked.output_config?.format ?? asked.output_format;
  const fallbacks = asked.models ?? asked.fallbacks?.map(({ model }) => model);
  const once =
    asked.tool_choice && asked.tool_choice.type !== 'none'
      ? asked.tool_choice.disable_parallel_tool_use
      : null;
  return {
    ...said,
    model: asked.model,
    fallbackModels: fallbacks?.filter((model) => model !== asked.model) ?? null,
    messages: withMarkBehind(messages, asked.cache_control),
    maxTokens: asked.max_tokens,
    temperature: asked.temperature ?? null,
    topP: asked.top_p ?? null,
    topK: asked.top_k ?? null,
    stop: asked.stop_sequences ?? null,
    tools: asked.tools?.map(toolOf) ?? null,
    toolChoice: choiceOf(asked.tool_choice),
    parallelToolCalls: once == null ? null : !once,
    responseFormat: format ? { type: 'JSON_SCHEMA', schema: format.schema ?? null } : null,
    reasoning: reasoningOf(asked),
    provider: preferencesOf(asked.provider),
    user: asked.user || asked.metadata?.user_id || null,
    sessionId: asked.session_id || said.sessionId || null,
  };
}

type Tool = NonNullable<MessagesRequest['tools']>[number];

const toolOf = ({ name, description, input_schema: parameters, cache_control: mark }: Tool) => ({
  name,
  description: description ?? null,
  parameters,
  ...marked(mark),
});

function choiceOf(choice: MessagesRequest['tool_choice']): string | null {
  if (!choice) return null;
  if (choice.type === 'tool') return choice.name;
  return choice.type === 'any' ? 'required' : choice.type;
}

/** A budget, beside an effort if there is one, or an effort of the model's own choosing. */
function reasoningOf({ thinking, output_config: config }: MessagesRequest): ReasoningInput | null {
  const effort = config?.effort ? effortOf(config.effort) : null;
  switch (thinking?.type) {
    case 'enabled':
      return { maxTokens: thinking.budget_tokens, effort };
    case 'disabled':
      return { effort: 'NONE' };
    case 'adaptive':
      return { effort: effort ?? 'MEDIUM' };
    default:
      return effort ? { effort } : null;
  }
}
