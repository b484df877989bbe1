import { createHmac, randomBytes } from 'node:crypto';
import { Fault } from '#kernel';
import type { RunInput } from './embed-input.ts';
import type { Running } from './running.ts';

/**
 * Which run answers a repeat: the same key from the same credential joins the same completion,
 * charged once. The body is compared by a keyed hash, since a plain one of a prompt would be
 * content kept.
 */
export class Repeats {
  readonly #hashKey = randomBytes(32);
  readonly #runs = new Map<string, { running: Running; body: string }>();
  readonly #names = new WeakMap<Running, string>();

  /**
   * The run that has this key; null when it is free. Throws CONFLICT when it was used for another
   * input.
   */
  find(owner: string, key: string, input: RunInput): Running | null {
    const known = this.#runs.get(nameOf(owner, key));
    if (!known) return null;
    if (known.body !== this.#hash(input)) {
      throw new Fault('CONFLICT', {
        public:
          'This idempotency key was used for another input. Repeat that input, or take a new key.',
      });
    }
    return known.running;
  }

  /** A refused completion does not use its key up. */
  remember(owner: string, key: string, run: { running: Running; input: RunInput }): void {
    const { running, input } = run;
    const name = nameOf(owner, key);
    this.#runs.set(name, { running, body: this.#hash(input) });
    this.#names.set(running, name);
    void running.settled.then(() => {
      if (running.ending?.kind === 'refused') this.#runs.delete(name);
    });
  }

  /** To be called when a run is forgotten. */
  forget(running: Running): void {
    const name = this.#names.get(running);
    if (name && this.#runs.get(name)?.running === running) this.#runs.delete(name);
  }

  #hash(input: RunInput): string {
    return createHmac('sha256', this.#hashKey).update(canonical(input)).digest('base64');
  }
}

const nameOf = (owner: string, key: string) => `${owner}\n${key}`;

/** JSON with sorted keys and without what is absent: order has no meaning, null is absent. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== null && field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
