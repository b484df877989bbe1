import { type StubScript, stubUpstream } from '../harness/upstream-stub.ts';
import { type Counterpart, failure, rateLimit, type Scene, said, sceneIn } from './counterparts.ts';

/**
 * The wire form of Cohere, after its recorded answer in test/upstream/fixtures: in the mock of
 * nobody here the start of a content lacks the text that the service sends and its package wants.
 */
export async function cohereStub(): Promise<Counterpart> {
  const stub = await stubUpstream();
  stub.answerWith((answer, request) => scripts[sceneIn(request.body) as Scene](answer, request));
  return {
    baseUrl: stub.url,
    lastRequest() {
      const body = stub.requests.at(-1)?.body;
      return { model: body?.['model'], stream: body?.['stream'] };
    },
    close: () => stub.close(),
  };
}

const message = (type: string, inner: unknown) => ({ type, index: 0, delta: { message: inner } });

const content = (kind: 'text' | 'thinking', ...pieces: readonly string[]) => [
  message('content-start', { content: { type: kind, [kind]: '' } }),
  ...pieces.map((piece) => message('content-delta', { content: { [kind]: piece } })),
  { type: 'content-end', index: 0 },
];

const text = content('text', ...said.text.split(/(?<= )/));

const calls = (count: number) =>
  said.calls.slice(0, count).flatMap(({ id, name, arguments: json }) => {
    const [head, tail] = [json.slice(0, 5), json.slice(5)];
    const begun = { id, type: 'function', function: { name, arguments: head } };
    return [
      message('tool-call-start', { tool_calls: begun }),
      message('tool-call-delta', { tool_calls: { function: { arguments: tail } } }),
      { type: 'tool-call-end', index: 0 },
    ];
  });

const { prompt_tokens: input_tokens, completion_tokens: output_tokens } = said.usage;
const tokens = { input_tokens, output_tokens };

const ending = (finish_reason: string) => ({
  type: 'message-end',
  delta: { finish_reason, usage: { billed_units: tokens, tokens } },
});

const stream =
  (events: readonly unknown[], finish: string): StubScript =>
  async (answer) => {
    await answer.sse({ type: 'message-start', id: '1' }, ...events, ending(finish));
    answer.end();
  };

const scripts: Readonly<Record<Scene, StubScript>> = {
  text: stream(text, 'COMPLETE'),
  reasoning: stream([...content('thinking', said.reasoning), ...text], 'COMPLETE'),
  'tool call': stream(calls(1), 'TOOL_CALL'),
  'two tool calls': stream(calls(2), 'TOOL_CALL'),
  length: stream(text, 'MAX_TOKENS'),
  'failure 500': failure,
  'rate limit': rateLimit,
  malformed: (answer) => answer.sse('{"type":"message-st'),
  async cut(answer) {
    await answer.sse({ type: 'message-start', id: '1' }, ...text.slice(0, 2));
    answer.cut();
  },
  silence: () => {},
};
