import type { SandboxAnswer, SandboxUsage } from './answer.ts';

/** What all chunks of an answer say. */
export interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

type Json = Record<string, unknown>;

/** The deltas of an answer in order, one for each token. */
export function deltasOf(answer: SandboxAnswer): readonly Json[] {
  const { toolCall } = answer;
  return [
    ...answer.reasoning.map((text) => ({ reasoning_content: text })),
    ...answer.text.map((text) => ({ content: text })),
    ...(toolCall?.fragments ?? []).map((text, at) => ({
      tool_calls: [
        at === 0
          ? { index: 0, ...call(toolCall?.name ?? '', text) }
          : { index: 0, function: { arguments: text } },
      ],
    })),
  ];
}

export function deltaChunk(head: Head, delta: Json, end: Json = { finish_reason: null }): string {
  const choices = [{ index: 0, delta, logprobs: null, ...end }];
  return event({ ...head, object: 'chat.completion.chunk', choices });
}

/** Which stop it was is told as vLLM tells it. */
export const endOf = ({ finish, stoppedAt }: SandboxAnswer): Json => ({
  finish_reason: finish,
  ...(stoppedAt === null ? {} : { stop_reason: stoppedAt }),
});

export function usageChunk(head: Head, usage: SandboxUsage): string {
  return event({ ...head, object: 'chat.completion.chunk', choices: [], usage });
}

/** The answer of a request that is not streamed. */
export function wholeBody(head: Head, answer: SandboxAnswer, reportsUsage: boolean): string {
  const { toolCall } = answer;
  const message = {
    role: 'assistant',
    content: toolCall ? null : answer.text.join(''),
    refusal: null,
    ...(answer.reasoning.length ? { reasoning_content: answer.reasoning.join('') } : {}),
    ...(toolCall ? { tool_calls: [call(toolCall.name, toolCall.fragments.join(''))] } : {}),
  };
  return JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, ...endOf(answer) }],
    ...(reportsUsage ? { usage: answer.usage } : {}),
  });
}

export function errorBody(message: string, code: string): string {
  return JSON.stringify({ error: { message, type: code, param: null, code } });
}

function call(name: string, text: string): Json {
  return { id: `call_${name}`, type: 'function', function: { name, arguments: text } };
}

function event(chunk: Json): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
