import type { Endpoint, Modality, RefusedParameter } from '#catalog';
import { type ChatRequest, type ContentPart, keptForAnHour, unsaid } from '#upstream';
import { type RouteNeeds, textNeeds } from './request.ts';

type Chat = Omit<ChatRequest, 'maxTokens'>;

/**
 * The field's name of each parameter that endpoints differ in. The response format has two, by its
 * type.
 */
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

/** All of them, as they stand in requests and lists. */
export const parameterFields: readonly string[] = [
  ...Object.values(parameterNames),
  ...['response_format', 'structured_outputs'],
];

const partModality = { text: 'TEXT', image: 'IMAGE', audio: 'AUDIO', file: 'FILE' } as const;

/**
 * What a chat request needs of an endpoint: its parameters and the kinds of content in its
 * messages.
 */
export function needsOf(chat: Chat): RouteNeeds {
  const parts = chat.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return {
    ...textNeeds,
    parameters: new Set(usedParameters(chat).map(([, name]) => name)),
    inputModalities: modalitiesOf(parts),
    outputModality: chat.modalities?.includes('image') ? 'IMAGE' : 'TEXT',
    images: parts.filter(({ type }) => type === 'image').length,
    cachedForAnHour: keptForAnHour(chat),
  };
}

/** The chat request without parameters that an endpoint cannot take, as a candidate names them. */
export function withoutParameters(chat: Chat, dropped: readonly string[]): Chat {
  if (dropped.length === 0) return chat;
  const kept: { -readonly [Field in keyof Chat]: Chat[Field] } = { ...chat };
  for (const [field, name] of usedParameters(chat)) if (dropped.includes(name)) delete kept[field];
  return kept;
}

/** What means nothing without another parameter, and is refused where that is left out. */
const belongsTo: Readonly<Record<string, string>> = {
  tool_choice: 'tools',
  parallel_tool_calls: 'tools',
};

/**
 * Those of the parameters that the endpoint does not take, was seen to refuse, or cannot be told,
 * sorted.
 */
export function lacking(
  endpoint: Endpoint,
  parameters: ReadonlySet<string>,
  learned: readonly RefusedParameter[],
): readonly string[] {
  const refused = (name: string) => learned.some(({ parameter }) => parameter === name);
  const lost = unsaid(endpoint.provider.connector);
  const takes = (name: string) =>
    endpoint.supportedParameters.has(name) && !lost.has(name) && !refused(name);
  let lacks: string[] | null = null;
  for (const name of parameters) {
    if (takes(name) && takes(belongsTo[name] ?? name)) continue;
    lacks ??= [];
    lacks.push(name);
  }
  return lacks?.sort() ?? none;
}

const none: readonly string[] = [];

type Field = keyof typeof parameterNames;
type Used = readonly [field: Field | 'responseFormat', name: string];

function usedParameters(chat: Chat): Used[] {
  const fields = Object.keys(parameterNames) as Field[];
  const used: Used[] = fields
    .filter((field) => chat[field] !== undefined)
    .map((field) => [field, parameterNames[field]]);
  const format = chat.responseFormat?.type;
  if (format === 'json_object') used.push(['responseFormat', 'response_format']);
  if (format === 'json_schema') used.push(['responseFormat', 'structured_outputs']);
  return used;
}

function modalitiesOf(parts: readonly ContentPart[]): ReadonlySet<Modality> {
  return new Set<Modality>(['TEXT', ...parts.map(({ type }) => partModality[type])]);
}
