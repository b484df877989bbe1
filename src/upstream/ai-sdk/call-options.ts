import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { countMarks } from '../cache-marks.ts';
import type { ChatRequest, UpstreamCall } from '../connector.ts';
import { UpstreamFault } from '../upstream-fault.ts';
import { cacheMark, options, promptOf } from './prompt.ts';
import type { Wire } from './wire.ts';

/** As many as Anthropic and Amazon take in one request. */
const marksMax = 4;

/**
 * A request as the packages take it. What none of them can say (`unsaid`) has been dropped by name
 * before it comes here. More marks than the provider takes are refused: its package would leave
 * some out without a word, and somebody pays for a prompt that he believes is cached.
 *
 * @throws UpstreamFault UNSAID
 */
export function callOptions(
  { request, target }: UpstreamCall,
  wire: Wire,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const own = ownOptions(request, wire);
  const { model } = target;
  const around = { wire, model };
  const takesMarks = wire.cacheMark?.('5m', { within: 'user', model });
  const marks = takesMarks ? countMarks(request) : 0;
  if (marks > marksMax) throw tooManyMarks(marks);
  return {
    abortSignal,
    prompt: promptOf(request.messages, around),
    maxOutputTokens: request.maxTokens,
    ...plainParameters(request),
    ...toolsOf(request, around),
    ...(Object.keys(own).length > 0 ? { providerOptions: options(wire, own) } : {}),
  };
}

function tooManyMarks(marks: number): UpstreamFault {
  const takes = `It takes ${marksMax} prompt cache marks (cache_control)`;
  const advice = `${takes}, those of tools included: these are ${marks}.`;
  return new UpstreamFault({ failure: 'UNSAID', advice });
}

function plainParameters(request: ChatRequest): Partial<LanguageModelV4CallOptions> {
  const { temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stop } = request;
  const effort = request.reasoning?.effort;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
    ...(effort === undefined ? {} : { reasoning: effort }),
    ...responseFormat(request),
  };
}

function responseFormat({
  responseFormat: format,
}: ChatRequest): Pick<LanguageModelV4CallOptions, 'responseFormat'> {
  if (!format || format.type === 'text') return {};
  if (format.type === 'json_object') return { responseFormat: { type: 'json' } };
  const { name, schema } = format;
  return {
    responseFormat: {
      type: 'json',
      // Checked at the edge to be a schema.
      ...(schema ? { schema } : {}),
      ...(name === undefined ? {} : { name }),
    },
  };
}

function toolsOf(
  { tools, toolChoice }: ChatRequest,
  around: Parameters<typeof cacheMark>[2],
): Partial<LanguageModelV4CallOptions> {
  if (!tools?.length) return {};
  return {
    tools: tools.map(({ name, description, parameters, ...mark }) => ({
      type: 'function',
      name,
      inputSchema: parameters,
      ...(description === undefined ? {} : { description }),
      ...(mark.cacheTtl ? { providerOptions: cacheMark(mark, 'tools', around) } : {}),
    })),
    ...(toolChoice === undefined ? {} : { toolChoice: choice(toolChoice) }),
  };
}

function choice(toolChoice: string): NonNullable<LanguageModelV4CallOptions['toolChoice']> {
  if (toolChoice === 'auto' || toolChoice === 'none' || toolChoice === 'required') {
    return { type: toolChoice };
  }
  return { type: 'tool', toolName: toolChoice };
}

function ownOptions(request: ChatRequest, wire: Wire) {
  const { reasoning, parallelToolCalls, tools, user, modalities } = request;
  const thinks = reasoning && reasoning.effort !== 'none' && !reasoning.exclude;
  return {
    ...(thinks ? wire.shownThinking : {}),
    ...(reasoning?.maxTokens === undefined ? {} : wire.thinking(reasoning.maxTokens)),
    ...(parallelToolCalls === false && tools?.length ? wire.oneToolCall : {}),
    ...(user === undefined ? {} : wire.endUser?.(user)),
    ...(modalities === undefined ? {} : wire.modalities?.(modalities)),
  };
}
