import { seededRandom } from '#kernel';
import { jsonExample } from './json-example.ts';
import { babble } from './markov.ts';
import { type SandboxRequest, textOf } from './request.ts';
import { countWords, tokensOf } from './words.ts';

/** A whole answer, decided before its first token is sent. */
export interface SandboxAnswer {
  readonly reasoning: readonly string[];
  readonly text: readonly string[];
  readonly toolCall: { readonly name: string; readonly fragments: readonly string[] } | null;
  readonly finish: 'stop' | 'length' | 'tool_calls';
  /** The stop before which it ends. */
  readonly stoppedAt: string | null;
  readonly usage: SandboxUsage;
}

export interface SandboxUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

/** Words of reasoning by effort. */
const reasoningWords: Readonly<Record<string, number>> = {
  minimal: 4,
  low: 8,
  medium: 16,
  high: 32,
  xhigh: 48,
};
const babbleWordsMin = 40;
const babbleWordsSpread = 80;
const fragmentCharacters = 12;

/** The same seed, or without one the same messages, give the same answer. */
export function sandboxAnswer(request: SandboxRequest): SandboxAnswer {
  const random = seededRandom(request.seed ?? JSON.stringify(request.messages));
  const thinking = reasoningWords[request.reasoning_effort ?? ''] ?? 0;
  const reasoning = thinking > 0 ? tokensOf(`${babble(random, thinking)}\n`) : [];
  const tool = chosenTool(request);
  if (tool) {
    const said = fragments(JSON.stringify(jsonExample(tool.parameters ?? { type: 'object' })));
    return capped({ request, reasoning, said, tool: tool.name, stop: null });
  }
  const { text, stop } = beforeStop(spoken(request, random), request.stop);
  return capped({ request, reasoning, said: tokensOf(text), tool: null, stop });
}

interface Uncapped {
  readonly request: SandboxRequest;
  readonly reasoning: readonly string[];
  readonly said: readonly string[];
  readonly tool: string | null;
  readonly stop: string | null;
}

function capped({ request, reasoning, said, tool, stop }: Uncapped): SandboxAnswer {
  const cap = request.max_tokens ?? Number.POSITIVE_INFINITY;
  const thought = reasoning.slice(0, cap);
  const spoken = said.slice(0, cap - thought.length);
  const whole = thought.length + spoken.length === reasoning.length + said.length;
  const prompt = request.messages.reduce((sum, each) => sum + countWords(textOf(each)), 0);
  const completion = thought.length + spoken.length;
  return {
    reasoning: thought,
    text: tool === null ? spoken : [],
    toolCall: tool === null ? null : { name: tool, fragments: spoken },
    stoppedAt: whole ? stop : null,
    finish: !whole ? 'length' : tool === null ? 'stop' : 'tool_calls',
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: thought.length },
    },
  };
}

/** A tool is called when the caller demands one: any (the first is taken), or one by its name. */
function chosenTool({ tools, tool_choice: choice }: SandboxRequest) {
  if (choice === 'required') return tools[0]?.function;
  if (typeof choice !== 'object') return undefined;
  return tools.find((tool) => tool.function.name === choice.function.name)?.function;
}

function spoken(request: SandboxRequest, random: ReturnType<typeof seededRandom>): string {
  const text =
    request.model === 'echo'
      ? textOf(request.messages.findLast((each) => each.role === 'user') ?? { role: 'user' })
      : babble(random, babbleWordsMin + Math.floor(random.next() * babbleWordsSpread));
  switch (request.response_format?.type) {
    case 'json_object':
      return JSON.stringify({ answer: text });
    case 'json_schema':
      return JSON.stringify(jsonExample(request.response_format.json_schema?.schema));
    default:
      return text;
  }
}

function beforeStop(whole: string, stops: readonly string[]) {
  let cut: { text: string; stop: string | null } = { text: whole, stop: null };
  for (const stop of stops) {
    const at = cut.text.indexOf(stop);
    if (at >= 0) cut = { text: cut.text.slice(0, at), stop };
  }
  return cut;
}

function fragments(text: string): readonly string[] {
  return text.match(new RegExp(`.{1,${fragmentCharacters}}`, 'gs')) ?? [];
}
