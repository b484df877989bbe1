import type { ReasoningDelta, ToolCallDelta } from '#completions';
import type { ResponsesItem, ResponsesSource } from '#schema';
import { wholeThoughts } from '#upstream';
import {
  type CallItem,
  callItem,
  cutItem,
  type MessagePart,
  messageItem,
  outputText,
  reasoningItem,
  refused,
} from './responses-answer.ts';
import type { FunctionName } from './responses-tools.ts';

type Json = Readonly<Record<string, unknown>>;
type Event = (type: string, data: Json) => string;

/** The item that grows. */
interface Open {
  readonly kind: string;
  readonly itemId: string;
  /** Its last events, and the item as it is done. */
  close(): string;
}

/**
 * The items of one response, one after the other: a delta of another kind, or of another call, ends
 * the item before it and begins the next.
 */
export class ItemEvents {
  readonly done: ResponsesItem[] = [];
  readonly #runId: string;
  readonly #named: (whole: string) => FunctionName;
  readonly #event: Event;
  #open: Open | null = null;
  #text: string[] = [];
  #details: unknown[] = [];
  #sources: ResponsesSource[] = [];
  #cut = false;
  #call: FunctionName & { readonly callId: string } = { callId: '', name: '' };

  constructor(runId: string, named: (whole: string) => FunctionName, event: Event) {
    this.#runId = runId;
    this.#named = named;
    this.#event = event;
  }

  text(text: string): string {
    const begun = this.#beginMessage('message', outputText(''), (id) => this.#closeMessage(id));
    return (
      begun + this.#grow('response.output_text.delta', text, { content_index: 0, logprobs: [] })
    );
  }

  /** That the model does not answer is a message of its own, no text that clients would parse. */
  refusal(text: string): string {
    const begun = this.#beginMessage('refusal', refused(''), (id) => this.#closeRefusal(id));
    return begun + this.#grow('response.refusal.delta', text, { content_index: 0 });
  }

  reasoning({ text, details }: Pick<ReasoningDelta, 'text' | 'details'>): string {
    const begun = this.#begin('reasoning', () => {
      const item = reasoningItem(this.#id, '', null);
      const part = { type: 'summary_text', text: '' };
      const place = { ...this.#place(item.id), summary_index: 0 };
      return {
        itemId: item.id,
        events:
          this.#added(item) +
          this.#event('response.reasoning_summary_part.added', { ...place, part }),
        close: () => this.#closeReasoning(item.id),
      };
    });
    if (details) this.#details.push(details);
    return begun + this.#grow('response.reasoning_summary_text.delta', text, { summary_index: 0 });
  }

  toolCall({ index, callId, name, arguments: fragment }: ToolCallDelta): string {
    const begun = this.#begin(`call ${index}`, () => {
      this.#call = { callId: callId ?? '', ...this.#named(name ?? '') };
      const item = {
        ...callItem(this.#id, { ...this.#call, arguments: '' }),
        status: 'in_progress',
      };
      return {
        itemId: item.id,
        events: this.#added(item),
        close: () => this.#closeCall(item.id),
      };
    });
    // The text of a free-form tool is known when the function's arguments are whole.
    if (this.#call.freeForm) {
      this.#text.push(fragment);
      return begun;
    }
    return begun + this.#grow('response.function_call_arguments.delta', fragment, {});
  }

  /**
   * Ends what is open, which is not complete where the answer was cut; one without a word is an
   * empty message. What it cites is known only now, and told of the message that is open.
   */
  finish(sources: ResponsesSource[], cut: boolean): string {
    this.#sources = sources;
    this.#cut = cut;
    const empty = this.done.length === 0 && !this.#open ? this.text('') : '';
    return empty + this.#end();
  }

  get #id(): string {
    return `${this.#runId}_${this.done.length}`;
  }

  #begin(
    kind: string,
    make: () => { itemId: string; events: string; close: Open['close'] },
  ): string {
    if (this.#open?.kind === kind) return '';
    const ended = this.#end();
    const { itemId, events, close } = make();
    this.#open = { kind, itemId, close };
    return ended + events;
  }

  #end(): string {
    const open = this.#open;
    if (!open) return '';
    const events = open.close();
    this.#open = null;
    this.#text = [];
    this.#details = [];
    return events;
  }

  #grow(type: string, delta: string, more: Json): string {
    if (delta === '' || !this.#open) return '';
    this.#text.push(delta);
    return this.#event(type, { ...this.#place(this.#open.itemId), ...more, delta });
  }

  #beginMessage(kind: string, part: MessagePart, close: (id: string) => string): string {
    return this.#begin(kind, () => {
      const item = { ...messageItem(this.#id, part), status: 'in_progress', content: [] };
      const place = { ...this.#place(item.id), content_index: 0 };
      return {
        itemId: item.id,
        events: this.#added(item) + this.#event('response.content_part.added', { ...place, part }),
        close: () => close(item.id),
      };
    });
  }

  #closeMessage(id: string): string {
    const text = this.#text.join('');
    const place = { ...this.#place(id), content_index: 0 };
    const cited = this.#sources.map((annotation, annotation_index) =>
      this.#event('response.output_text.annotation.added', {
        ...place,
        annotation_index,
        annotation,
      }),
    );
    const done = this.#event('response.output_text.done', { ...place, text, logprobs: [] });
    return cited.join('') + done + this.#closePart(place, outputText(text, this.#sources));
  }

  #closeRefusal(id: string): string {
    const refusal = this.#text.join('');
    const place = { ...this.#place(id), content_index: 0 };
    const done = this.#event('response.refusal.done', { ...place, refusal });
    return done + this.#closePart(place, refused(refusal));
  }

  #closePart(place: Json, part: MessagePart): string {
    const done = this.#event('response.content_part.done', { ...place, part });
    return done + this.#ended(messageItem(this.#id, part));
  }

  #closeReasoning(id: string): string {
    const text = this.#text.join('');
    const place = { ...this.#place(id), summary_index: 0 };
    const part = { type: 'summary_text', text };
    return (
      this.#event('response.reasoning_summary_text.done', { ...place, text }) +
      this.#event('response.reasoning_summary_part.done', { ...place, part }) +
      this.#ended(reasoningItem(this.#id, text, wholeThoughts(this.#details.flat())))
    );
  }

  #closeCall(id: string): string {
    const item = callItem(this.#id, { ...this.#call, arguments: this.#text.join('') });
    return this.#wholeCall(this.#place(id), item) + this.#ended(item);
  }

  #wholeCall(place: Json, item: CallItem): string {
    if (item.type === 'function_call') {
      const { name, arguments: text } = item;
      const done = { ...place, name, arguments: text };
      return this.#event('response.function_call_arguments.done', done);
    }
    const { input } = item;
    const delta = { ...place, delta: input };
    return (
      this.#event('response.custom_tool_call_input.delta', delta) +
      this.#event('response.custom_tool_call_input.done', { ...place, input })
    );
  }

  #place(itemId: string) {
    return { output_index: this.done.length, item_id: itemId };
  }

  #added(item: Json): string {
    return this.#event('response.output_item.added', { output_index: this.done.length, item });
  }

  #ended(whole: ResponsesItem): string {
    const item = this.#cut ? cutItem(whole) : whole;
    const output_index = this.done.length;
    this.done.push(item);
    return this.#event('response.output_item.done', { output_index, item });
  }
}
