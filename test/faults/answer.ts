import {
  endMark,
  finishChunk,
  type StubAnswer,
  type StubRequest,
  type StubScript,
  textChunk,
  usageChunk,
} from '../harness/upstream-stub.ts';

/** What every provider would say: sixty words, each another one. */
const words = Array.from({ length: 60 }, (_, at) => `word${at} `);
export const wholeText = words.join('');
export const usage = { prompt: 11, completion: words.length } as const;

/** The beginning of the answer, and then nothing: the connection stays as it is. */
export const begin = (answer: StubAnswer, count: number) =>
  answer.sse(...words.slice(0, count).map(textChunk));

/**
 * Answers properly. Like newer models it refuses to go on from a turn of its own; asked to go on
 * from a partial answer, it does.
 */
export const answersProperly: StubScript = async (answer, request) => {
  const last = lastMessage(request);
  if (last.role === 'assistant') {
    const message = 'This model does not support assistant message prefill.';
    return answer.json(400, { error: { message, type: 'invalid_request_error' } });
  }
  const partial = /<partial_answer>\n([\s\S]*)\n<\/partial_answer>/.exec(last.content)?.[1] ?? '';
  const rest = wholeText.slice(partial.length).match(/\S+ /g) ?? [];
  await answer.sse(...rest.map(textChunk), finishChunk());
  await answer.sse(usageChunk(usage.prompt, usage.completion), endMark);
  answer.end();
};

interface WireMessage {
  readonly role: string;
  readonly content: string;
}

const lastMessage = ({ body }: StubRequest): WireMessage =>
  (body['messages'] as WireMessage[]).at(-1) ?? { role: 'user', content: '' };
