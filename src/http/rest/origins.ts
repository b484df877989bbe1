import type { MessageInput } from '#completions';
import { wirePath } from './errors.ts';

/**
 * The messages that a door makes of what it reads, each with the field that it came from: where
 * forms differ, one turn becomes several messages, and a refusal still names what the caller wrote.
 */
export class Origins {
  readonly messages: MessageInput[] = [];
  readonly #fields: string[] = [];

  add(message: MessageInput, field: string): void {
    this.messages.push(message);
    this.#fields.push(field);
  }

  /**
   * What the caller calls a field of the input; `names` has the paths and the parts of paths that
   * differ at this door.
   */
  nameOf(path: string, names: ReadonlyMap<string, string>): string {
    const wire = wirePath(path);
    const [, index, rest = ''] = /^messages\.(\d+)(.*)$/.exec(wire) ?? [];
    const field = index === undefined ? undefined : this.#fields[Number(index)];
    if (field !== undefined) return `${field}${rest}`;
    return (
      names.get(wire) ??
      wire
        .split('.')
        .map((part) => names.get(part) ?? part)
        .join('.')
    );
  }
}
