import type {
  ChatRequest,
  ReasoningOptions,
  ResponseFormat,
  ToolDefinition,
  UpstreamCall,
} from './connector.ts';
import { effortShares } from './effort-shares.ts';
import type { Dialect } from './openai-dialect.ts';
import { cacheMark, openAiMessage } from './openai-message.ts';
import { withTextResults } from './shown-results.ts';

type Json = Record<string, unknown>;

/** Names that differ from ours by their case alone; absent ones are not sent. */
const plain = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  repetitionPenalty: 'repetition_penalty',
  stop: 'stop',
  logitBias: 'logit_bias',
} as const satisfies Partial<Record<keyof ChatRequest, string>>;

/**
 * The JSON body of `POST /chat/completions`, in the dialect of the host. The output cap is always
 * in it.
 */
export function openAiRequest({ target, request, stream }: UpstreamCall, dialect: Dialect): Json {
  return {
    model: target.model,
    messages: messagesIn(dialect, request).map((message) => openAiMessage(message, dialect)),
    [dialect.cap]: request.maxTokens,
    stream,
    ...(stream && dialect.streamOptions ? { stream_options: { include_usage: true } } : {}),
    ...plainParameters(request),
    ...(request.seed === undefined ? {} : { [dialect.seed]: request.seed }),
    ...(request.user === undefined || !dialect.user ? {} : { user: request.user }),
    ...tools(request, dialect),
    ...(request.modalities ? { modalities: request.modalities } : {}),
    ...(request.responseFormat ? { response_format: responseFormat(request.responseFormat) } : {}),
    ...(request.reasoning ? reasoning(request.reasoning, request.maxTokens, dialect) : {}),
  };
}

const messagesIn = ({ mediaInResults }: Dialect, { messages }: ChatRequest) =>
  mediaInResults ? messages : withTextResults(messages);

function plainParameters(request: ChatRequest): Json {
  const body: Json = {};
  for (const [ours, theirs] of Object.entries(plain)) {
    const value = request[ours as keyof typeof plain];
    if (value !== undefined) body[theirs] = value;
  }
  return body;
}

/**
 * A choice of tools without tools is refused by most services, so it goes along with them alone.
 */
function tools(request: ChatRequest, dialect: Dialect): Json {
  const { tools: list, toolChoice, parallelToolCalls } = request;
  if (!list?.length) return {};
  return {
    tools: list.map((one) => tool(one, dialect)),
    ...(toolChoice === undefined ? {} : { tool_choice: choice(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

function tool(definition: ToolDefinition, dialect: Dialect): Json {
  const { cacheTtl: _, ...told } = definition;
  return { type: 'function', function: told, ...cacheMark(definition, dialect) };
}

function choice(toolChoice: string): unknown {
  if (['auto', 'none', 'required'].includes(toolChoice)) return toolChoice;
  return { type: 'function', function: { name: toolChoice } };
}

function responseFormat({ type, name, schema, strict }: ResponseFormat): Json {
  if (type !== 'json_schema') return { type };
  return {
    type,
    json_schema: {
      name: name ?? 'answer',
      schema,
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

function reasoning(options: ReasoningOptions, maxTokens: number, dialect: Dialect): Json {
  const { effort, maxTokens: budget } = options;
  if (dialect.reasoningObject) {
    // Either of them, the services say: the number is the narrower wish.
    if (budget !== undefined) return { reasoning: { max_tokens: budget } };
    return { reasoning: effort === undefined ? {} : { effort } };
  }
  if (effort !== undefined) return { reasoning_effort: effort };
  return budget === undefined ? {} : { reasoning_effort: nearestEffort(budget / maxTokens) };
}

/**
 * The most that a service which knows efforts alone may think without passing the budget. Nobody
 * asked for `xhigh`, which many models refuse.
 */
function nearestEffort(share: number): string {
  const { xhigh: _, ...known } = effortShares;
  const fitting = Object.entries(known).findLast(([, least]) => least <= share);
  return fitting?.[0] ?? 'minimal';
}
