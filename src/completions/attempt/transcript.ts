import {
  addThought,
  isContent,
  type UpstreamEvent,
  type UpstreamFinish,
  type UpstreamUsage,
} from '#upstream';
import type { ToolCallResult } from '../completion.ts';

/**
 * What an attempt has delivered so far, put together from its events. Text is kept in pieces and
 * joined when somebody asks, so that a long answer does not cost its square.
 */
export class Transcript {
  readonly #text: string[] = [];
  readonly #reasoning: string[] = [];
  readonly #hidden: string[] = [];
  readonly #details: unknown[] = [];
  readonly #refusal: string[] = [];
  readonly #toolCalls = new Map<number, { callId: string; name: string; arguments: string[] }>();
  #annotations: unknown = null;
  /** Addresses of pictures, most of them `data:` with all of it. */
  readonly images: string[] = [];
  #bytes = 0;
  #besides = 0;
  #imageBytes = 0;
  /** What an embedding was answered with; null before, and of everything else. */
  vectors: readonly (readonly number[])[] | null = null;
  usage: UpstreamUsage | null = null;
  finish: UpstreamFinish | null = null;

  /** UTF-8 bytes of all that was generated, an upper bound of its tokens. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is kept beside the text: blocks with signatures, annotations, the pieces themselves. */
  get besides(): number {
    return this.#besides;
  }

  /** All that is kept of the answer. */
  get held(): number {
    return this.#bytes + this.#besides + this.#imageBytes;
  }

  /** As many as services count at most for the pictures: GPT's largest is 6,240, Gemini's 2,520. */
  get imageTokens(): number {
    return this.images.length * 8_192;
  }

  get text(): string {
    return this.#text.join('');
  }

  get reasoning(): string | null {
    return this.#reasoning.length > 0 ? this.#reasoning.join('') : null;
  }

  /** Blocks with signatures, in order, to be sent back unchanged; null when there were none. */
  get reasoningDetails(): unknown {
    return this.#details.length > 0 ? [...this.#details] : null;
  }

  get refusal(): string | null {
    return this.#refusal.length > 0 ? this.#refusal.join('') : null;
  }

  get annotations(): unknown {
    return this.#annotations;
  }

  get toolCalls(): readonly ToolCallResult[] {
    return [...this.#toolCalls]
      .sort(([a], [b]) => a - b)
      .map(([index, call]) => ({ ...call, index, arguments: call.arguments.join('') }));
  }

  /** Everything that was generated, for counting its tokens. */
  get generated(): string {
    const calls = this.toolCalls.map((call) => call.name + call.arguments);
    return [this.reasoning ?? '', ...this.#hidden, this.text, ...calls].join('');
  }

  /** Takes in one event; true when it was content. */
  add(event: UpstreamEvent): boolean {
    switch (event.type) {
      case 'text':
        this.#text.push(event.text);
        break;
      case 'refusal':
        this.#refusal.push(event.text);
        this.#text.push(event.text);
        break;
      case 'reasoning':
        this.#reasoning.push(event.text);
        for (const each of [event.details ?? []].flat()) this.#addThought(each);
        break;
      case 'hiddenReasoning':
        this.#hidden.push(event.text);
        break;
      case 'toolCall':
        this.#addToolCall(event);
        break;
      case 'annotations':
        this.#annotations = event.annotations;
        break;
      case 'image':
        this.images.push(event.url);
        this.#imageBytes += event.url.length;
        break;
      case 'vectors':
        this.vectors = event.vectors;
        break;
      case 'usage':
        this.usage = event.usage;
        break;
      case 'finish':
        this.finish = event.reason;
        break;
    }
    this.#bytes += size(event);
    this.#besides += besides(event);
    return isContent(event);
  }

  /** A piece that goes on with the thought before it leaves nothing of its usual frame. */
  #addThought(block: unknown): void {
    const blocks = this.#details.length;
    addThought(this.#details, block);
    const frame = this.#details.length > blocks ? 0 : frameBytes;
    this.#besides += Math.max(0, JSON.stringify(block).length - frame);
  }

  #addToolCall(event: Extract<UpstreamEvent, { type: 'toolCall' }>): void {
    const known = this.#toolCalls.get(event.index);
    const call = known ?? { callId: '', name: '', arguments: [] };
    call.callId ||= event.callId ?? '';
    call.name ||= event.name ?? '';
    if (event.arguments) call.arguments.push(event.arguments);
    if (!known) this.#toolCalls.set(event.index, call);
  }
}

/** What a piece takes, however little it says: less than a cap allows for each token. */
const pieceBytes = 32;
/** The names around the text of a piece of a thought, in the longest form that is usual. */
const frameBytes = 160;

const besides = (event: UpstreamEvent): number =>
  event.type === 'annotations' ? JSON.stringify(event.annotations).length : pieceBytes;

function size(event: UpstreamEvent): number {
  if (event.type === 'toolCall') {
    return Buffer.byteLength(event.arguments) + Buffer.byteLength(event.name ?? '');
  }
  return 'text' in event ? Buffer.byteLength(event.text) : 0;
}
