import type { Market } from '#catalog';
import type { Completion, FinishReason } from '#completions';
import { invariant } from '#kernel';
import type {
  ResponsesAnswer,
  ResponsesItem,
  ResponsesRequest,
  ResponsesSource,
  ResponsesUsage,
} from '#schema';
import { answeredBy, secondsOf, usageOf } from './chat-answer.ts';
import { inputIn } from './responses-free-form.ts';
import { sealed } from './responses-reasoning.ts';
import type { ResponsesAsked } from './responses-request.ts';
import { sourcesOf } from './responses-sources.ts';
import { echoOf, type FunctionName, functionNames } from './responses-tools.ts';

type Named = ReturnType<typeof functionNames>;

/** Why an answer is not whole; what is not here is. */
const incomplete: Partial<Record<FinishReason, string>> = {
  LENGTH: 'max_output_tokens',
  BUDGET: 'max_output_tokens',
  CANCELLED: 'max_output_tokens',
  CONTENT_FILTER: 'content_filter',
};

/** The whole answer as one JSON object. */
export function responsesAnswer(
  completion: Completion,
  market: Market,
  { request }: ResponsesAsked,
): ResponsesAnswer {
  const items = itemsOf(completion, functionNames(request));
  const last = isCut(completion) ? items.at(-1) : undefined;
  const output = items.map((item) => (item === last ? cutItem(item) : item));
  return endedResponse({ completion, market, request, output });
}

/** Whether the last item may have an end that is missing. */
export const isCut = ({ finishReason }: Completion) =>
  finishReason !== null && finishReason in incomplete;

/** So that no client runs half a call. */
export const cutItem = (item: ResponsesItem): ResponsesItem =>
  item.type === 'reasoning' ? item : { ...item, status: 'incomplete' };

export interface EndedResponse {
  readonly completion: Completion;
  readonly market: Market;
  readonly request: ResponsesRequest;
  readonly output: readonly ResponsesItem[];
}

/** A response whose completion has ended well, or was cut. */
export function endedResponse(ended: EndedResponse): ResponsesAnswer {
  const { completion, output } = ended;
  const reason = completion.finishReason && incomplete[completion.finishReason];
  const { finishedAt } = completion;
  return {
    ...openResponse(ended),
    status: reason ? 'incomplete' : 'completed',
    completed_at: reason ? null : finishedAt && secondsOf(finishedAt),
    output: [...output],
    output_text: output.map(textOf).join(''),
    incomplete_details: reason ? { reason } : null,
    usage: responsesUsageOf(completion),
  };
}

const textOf = (item: ResponsesItem) =>
  item.type === 'message'
    ? item.content.map((part) => (part.type === 'output_text' ? part.text : '')).join('')
    : '';

/** A response as it begins: what was asked for, and nothing answered yet. */
export function openResponse(begun: Omit<EndedResponse, 'output'>): ResponsesAnswer {
  const { completion, market, request } = begun;
  const { id, created, model, provider } = answeredBy(completion, market);
  return {
    id,
    object: 'response',
    created_at: created,
    completed_at: null,
    model,
    provider,
    status: 'in_progress',
    output: [],
    output_text: '',
    error: null,
    incomplete_details: null,
    usage: null,
    instructions: request.instructions ?? null,
    metadata: request.metadata ?? {},
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    temperature: request.temperature ?? null,
    top_p: request.top_p ?? null,
    frequency_penalty: request.frequency_penalty ?? null,
    presence_penalty: request.presence_penalty ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    previous_response_id: null,
    store: false,
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools?.map(echoOf) ?? [],
    text: request.text ?? { format: { type: 'text' } },
    reasoning: request.reasoning ?? null,
    truncation: 'disabled',
  };
}

function responsesUsageOf({ usage, lines }: Completion): ResponsesUsage {
  const { cost, is_byok } = usageOf(usage, lines);
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.promptTokens + usage.completionTokens,
    cost,
    is_byok,
  };
}

function itemsOf({ id, content }: Completion, named: Named): ResponsesItem[] {
  invariant(content, 'what is answered is kept');
  const items: ResponsesItem[] = [];
  const next = () => `${id}_${items.length}`;
  const { reasoning, reasoningDetails, text, refusal, annotations, toolCalls } = content;
  if (reasoning || sealed(reasoningDetails)) {
    items.push(reasoningItem(next(), reasoning ?? '', reasoningDetails));
  }
  const said = refusal ? text.slice(0, Math.max(0, text.lastIndexOf(refusal))) : text;
  if (said || (!refusal && items.length + toolCalls.length === 0)) {
    items.push(messageItem(next(), outputText(said, sourcesOf(annotations))));
  }
  if (refusal) items.push(messageItem(next(), refused(refusal)));
  for (const { name, ...call } of toolCalls) {
    items.push(callItem(next(), { ...call, ...named(name) }));
  }
  return items;
}

export function reasoningItem(id: string, text: string, details: unknown): ResponsesItem {
  const content = sealed(details);
  return {
    type: 'reasoning',
    id: `rs_${id}`,
    summary: text ? [{ type: 'summary_text', text }] : [],
    ...(content === null ? {} : { encrypted_content: content }),
  };
}

type Message = Extract<ResponsesItem, { type: 'message' }>;
export type MessagePart = Message['content'][number];

export function messageItem(id: string, part: MessagePart): Message {
  const content = [part];
  return { type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content };
}

export const outputText = (text: string, annotations: ResponsesSource[] = []) => ({
  type: 'output_text' as const,
  text,
  annotations,
  logprobs: [],
});

export const refused = (refusal: string) => ({ type: 'refusal' as const, refusal });

export type CallItem = Extract<ResponsesItem, { type: 'function_call' | 'custom_tool_call' }>;

export function callItem(
  id: string,
  call: FunctionName & { readonly callId: string; readonly arguments: string },
): CallItem {
  const { callId: call_id, name, namespace, arguments: text } = call;
  const status = 'completed';
  const named = { call_id, name, ...(namespace !== undefined && { namespace }), status } as const;
  return call.freeForm
    ? { type: 'custom_tool_call', id: `ctc_${id}`, ...named, input: inputIn(text) }
    : { type: 'function_call', id: `fc_${id}`, ...named, arguments: text };
}
