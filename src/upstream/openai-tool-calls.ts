import { base62Digits, secureText } from '#kernel';
import type { ToolCallFragment } from './connector.ts';
import { textAt } from './openai-text.ts';
import { UpstreamFault } from './upstream-fault.ts';

export interface OpenAiToolCall {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
}

/** No turn calls more; each fragment is looked for among them. */
const callsMax = 1_024;

/** EXCESS for one more call than a turn can make. */
export function refuseCallAfter(calls: number): void {
  if (calls >= callsMax) throw new UpstreamFault({ failure: 'EXCESS', httpStatus: 200 });
}

/**
 * Puts fragments of tool calls in order. OpenAI names each by its index; others leave the index
 * out, give every whole call the index 0, repeat id and name in each fragment, or give no id at
 * all. Here every call has its own index from 0 up, and its first fragment, alone, carries an id
 * and the name.
 */
export class ToolCalls {
  readonly #calls: { readonly theirs: number | null; readonly id: string | null }[] = [];

  get any(): boolean {
    return this.#calls.length > 0;
  }

  /** Null for a fragment that says nothing. */
  read(call: OpenAiToolCall): ToolCallFragment | null {
    const id = textAt(call.id) || null;
    const name = textAt(call.function?.name) || null;
    const text = argumentText(call.function?.arguments);
    const known = this.#find(call.index ?? null, id, name);
    if (known >= 0) {
      return text === '' ? null : { type: 'toolCall', index: known, arguments: text };
    }
    refuseCallAfter(this.#calls.length);
    const index = this.#calls.push({ theirs: call.index ?? null, id }) - 1;
    const callId = id ?? `call_${secureText(24, base62Digits)}`;
    return { type: 'toolCall', index, callId, ...(name ? { name } : {}), arguments: text };
  }

  /**
   * The call that a fragment goes on with; −1 when it begins one. A new id begins one only
   * together with a name.
   */
  #find(theirs: number | null, id: string | null, name: string | null): number {
    const begins = (known: string | null) => id !== null && name !== null && id !== known;
    if (theirs !== null) {
      const at = this.#calls.findLastIndex((call) => call.theirs === theirs);
      return at >= 0 && begins(this.#calls[at]?.id ?? null) ? -1 : at;
    }
    if (id !== null) {
      const at = this.#calls.findIndex((call) => call.id === id);
      if (at >= 0) return at;
    }
    return name === null ? this.#calls.length - 1 : -1;
  }
}

/** Some services send the arguments as an object instead of its JSON text. */
function argumentText(given: unknown): string {
  if (typeof given === 'string') return given;
  return given === undefined || given === null ? '' : JSON.stringify(given);
}
