import { LLMock } from '@copilotkit/aimock';
import {
  chunk,
  endMark,
  finishChunk,
  type StubScript,
  stubUpstream,
  textChunk,
  usageChunk,
  wholeAnswer,
} from '../harness/upstream-stub.ts';

/** What a counterpart is asked to play; the answers are the same ones everywhere. */
export const scenes = [
  'text',
  'reasoning',
  'tool call',
  'two tool calls',
  'length',
  'failure 500',
  'rate limit',
  'malformed',
  'cut',
  'silence',
] as const;
export type Scene = (typeof scenes)[number];

export const said = {
  text: 'Good morning, 市場! 👋',
  reasoning: 'It is early.',
  usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  calls: [
    { id: 'call_one', name: 'get_weather', arguments: '{"city":"Łódź"}' },
    { id: 'call_two', name: 'get_time', arguments: '{"zone":"CET"}' },
  ],
} as const;

/** A provider on loopback. Asked for the name of a scene, it plays it. */
export interface Counterpart {
  readonly baseUrl: string;
  /** What a second party saw of the last request. */
  lastRequest(): { readonly model: unknown; readonly stream: unknown };
  close(): Promise<void>;
}

/** The wire form of OpenAI, played by our own stub. */
export async function openAiStub(): Promise<Counterpart> {
  const stub = await stubUpstream();
  stub.answerWith((answer, request) => {
    const scene = sceneIn(request.body) as Scene;
    return (request.body['stream'] === true ? streamed : whole)[scene](answer, request);
  });
  return {
    baseUrl: stub.url,
    lastRequest() {
      const body = stub.requests.at(-1)?.body;
      return { model: body?.['model'], stream: body?.['stream'] };
    },
    close: () => stub.close(),
  };
}

/**
 * A mock that its authors check against the real services, which plays each of their wire forms
 * below its own path.
 */
export async function aimock(path: string): Promise<Counterpart> {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 5 });
  const { usage, reasoning, text: content, calls } = said;
  const [first] = calls;
  mock.onMessage(exactly('text'), { content, usage });
  mock.onMessage(exactly('reasoning'), { content, reasoning, usage });
  mock.onMessage(exactly('tool call'), { toolCalls: [first], usage });
  mock.onMessage(exactly('two tool calls'), { toolCalls: [...calls], usage });
  mock.onMessage(exactly('length'), { content, usage, finishReason: 'length' });
  mock.onMessage(exactly('failure 500'), {
    error: { message: 'It broke.', type: 'server_error' },
    status: 500,
  });
  mock.onMessage(exactly('rate limit'), { content }, { chaos: { rateLimitRate: 1 } });
  mock.onMessage(exactly('malformed'), { content }, { chaos: { malformedRate: 1 } });
  // Without a pace it destroys the connection before anything has left its buffers.
  mock.onMessage(exactly('cut'), { content, usage }, { latency: 5, truncateAfterChunks: 3 });
  mock.onMessage(exactly('silence'), { content }, { chaos: { latencyMs: 800 } });
  await mock.start();
  return {
    baseUrl: `${mock.url}${path}`,
    lastRequest() {
      const body = mock.getLastRequest()?.body as Record<string, unknown> | undefined;
      return { model: body?.['model'], stream: body?.['stream'] };
    },
    close: () => mock.stop(),
  };
}

const exactly = (scene: Scene) => new RegExp(`^${scene}$`);

/** What is asked for: the last message. */
export function sceneIn(body: Readonly<Record<string, unknown>>): unknown {
  return (body['messages'] as { content: unknown }[] | undefined)?.at(-1)?.content;
}

const stream =
  (...chunks: readonly unknown[]): StubScript =>
  async (answer) => {
    await answer.sse(...chunks, endMark);
    answer.end();
  };
const usage = usageChunk(said.usage.prompt_tokens, said.usage.completion_tokens);
const wordsOf = (text: string) => text.split(/(?<= )/).map(textChunk);
const wireCall = (call: (typeof said.calls)[number], index: number) => ({
  index,
  id: call.id,
  type: 'function',
  function: { name: call.name, arguments: call.arguments },
});
const calls = (count: number) => said.calls.slice(0, count).map(wireCall);
export const failure: StubScript = (answer) =>
  answer.json(500, { error: { message: 'It broke.' } });
export const rateLimit: StubScript = (answer) =>
  answer.json(429, { error: { message: 'Slow down.' } }, { 'retry-after': '1' });
const silence: StubScript = () => {};

const streamed: Readonly<Record<Scene, StubScript>> = {
  text: stream(...wordsOf(said.text), finishChunk(), usage),
  reasoning: stream(
    chunk({ reasoning_content: said.reasoning }),
    ...wordsOf(said.text),
    finishChunk(),
    usage,
  ),
  'tool call': stream(chunk({ tool_calls: calls(1) }), finishChunk('tool_calls'), usage),
  'two tool calls': stream(chunk({ tool_calls: calls(2) }), finishChunk('tool_calls'), usage),
  length: stream(...wordsOf(said.text), finishChunk('length'), usage),
  'failure 500': failure,
  'rate limit': rateLimit,
  malformed: (answer) => answer.sse('{"choices":[{'),
  async cut(answer) {
    await answer.sse(textChunk('Good '), textChunk('morning'));
    answer.cut();
  },
  silence,
};

const json =
  (message: unknown, finish = 'stop'): StubScript =>
  (answer) =>
    answer.json(200, { ...(wholeAnswer(message, finish) as object), usage: said.usage });

const whole: Readonly<Record<Scene, StubScript>> = {
  text: json({ content: said.text }),
  reasoning: json({ content: said.text, reasoning_content: said.reasoning }),
  'tool call': json({ content: null, tool_calls: calls(1) }, 'tool_calls'),
  'two tool calls': json({ content: null, tool_calls: calls(2) }, 'tool_calls'),
  length: json({ content: said.text }, 'length'),
  'failure 500': failure,
  'rate limit': rateLimit,
  malformed: (answer) => answer.json(200, '{"choices":[{'),
  async cut(answer) {
    answer.head(200, { 'content-type': 'application/json' });
    await answer.write('{"choices":[{');
    answer.cut();
  },
  silence,
};
