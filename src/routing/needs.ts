import type { Endpoint, Modality } from '#catalog';
import type { ChatRequest, ContentPart } from '#upstream';
import { type RouteNeeds, textNeeds } from './request.ts';

type Chat = Omit<ChatRequest, 'maxTokens'>;

/** The field's name of each parameter that endpoints differ in. The response format has two, by its type. */
const parameterNames = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  repetitionPenalty: 'repetition_penalty',
  seed: 'seed',
  stop: 'stop',
  logitBias: 'logit_bias',
  tools: 'tools',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  reasoning: 'reasoning',
} as const satisfies Partial<Record<keyof Chat, string>>;

/** Who takes tools takes what goes with them. */
const impliedByTools: ReadonlySet<string> = new Set(['tool_choice', 'parallel_tool_calls']);

const partModality = { text: 'TEXT', image: 'IMAGE', audio: 'AUDIO', file: 'FILE' } as const;

/** What a chat request needs of an endpoint: its parameters and the kinds of content in its messages. */
export function needsOf(chat: Chat): RouteNeeds {
  const parts = chat.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return {
    ...textNeeds,
    parameters: new Set(usedParameters(chat).map(([, name]) => name)),
    inputModalities: modalitiesOf(parts),
    images: parts.filter(({ type }) => type === 'image').length,
  };
}

/** The chat request without parameters that an endpoint cannot take, as `droppedParameters` names them. */
export function withoutParameters(chat: Chat, dropped: readonly string[]): Chat {
  const fields = usedParameters(chat).filter(([, name]) => dropped.includes(name));
  if (fields.length === 0) return chat;
  const kept: Partial<Record<keyof Chat, unknown>> & Chat = { ...chat };
  for (const [field] of fields) delete kept[field];
  return kept;
}

/** What the endpoint cannot take of what the request uses, by name. */
export function droppedParameters(endpoint: Endpoint, needs: RouteNeeds): readonly string[] {
  return [...needs.parameters].filter((name) => !takes(endpoint, name)).sort();
}

export function takes(endpoint: Endpoint, parameter: string): boolean {
  const supported = endpoint.supportedParameters;
  return supported.has(parameter) || (impliedByTools.has(parameter) && supported.has('tools'));
}

function usedParameters(chat: Chat): (readonly [keyof Chat & Droppable, string])[] {
  const used: (readonly [keyof Chat & Droppable, string])[] = [];
  for (const [field, name] of Object.entries(parameterNames)) {
    if (chat[field as keyof typeof parameterNames] !== undefined)
      used.push([field as keyof typeof parameterNames, name]);
  }
  const format = chat.responseFormat?.type;
  if (format === 'json_object') used.push(['responseFormat', 'response_format']);
  if (format === 'json_schema') used.push(['responseFormat', 'structured_outputs']);
  return used;
}

type Droppable = keyof typeof parameterNames | 'responseFormat';

function modalitiesOf(parts: readonly ContentPart[]): ReadonlySet<Modality> {
  return new Set<Modality>(['TEXT', ...parts.map(({ type }) => partModality[type])]);
}
