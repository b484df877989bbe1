import type { ExecutionResult } from 'graphql';
import type { Context } from '#schema';
import { ofMoment, WatchedContext } from './watched-context.ts';

type Later<Value> = Value | Promise<Value>;

export type Execute = (event: unknown, context: Context) => Later<ExecutionResult>;

/** Null: it was made for one caller. */
type Kept = Later<ExecutionResult | null>;

/** Feeds repeat an event to all who follow, one after the other: what is older is asked no more. */
const keptMax = 2_000;

/**
 * What was made of an event, for all who ask the same of it: a feed with a thousand followers is
 * executed once. Events are known by their identity: a feed that means to be shared gives the same
 * object to everybody.
 */
export class SharedResults {
  readonly #ofEvent = new WeakMap<object, Map<string, Kept>>();
  readonly #oldest: { readonly results: Map<string, Kept>; readonly question: string }[] = [];

  /** `question` tells apart what is asked: the document, its operation, its variables. */
  give(
    { event, question }: { readonly event: object; readonly question: string },
    context: Context,
    execute: Execute,
  ): Later<ExecutionResult> {
    const results = this.#ofEvent.get(event) ?? new Map<string, Kept>();
    this.#ofEvent.set(event, results);
    const kept = results.get(question);
    if (kept === undefined) {
      const result = run(event, context, execute);
      this.#keep(results, question, result.kept);
      return result.own;
    }
    if (kept instanceof Promise) return kept.then((known) => known ?? execute(event, context));
    return kept ?? execute(event, context);
  }

  #keep(results: Map<string, Kept>, question: string, kept: Kept): void {
    results.set(question, kept);
    this.#oldest.push({ results, question });
    if (this.#oldest.length <= keptMax) return;
    const oldest = this.#oldest.shift();
    oldest?.results.delete(oldest.question);
  }
}

function run(event: object, context: Context, execute: Execute) {
  const seen = new WatchedContext(context, ofMoment);
  const own = execute(event, seen);
  // An error names the request that met it.
  const shared = (result: ExecutionResult) => (seen.shareable && !result.errors ? result : null);
  const kept: Kept = own instanceof Promise ? own.then(shared, () => null) : shared(own);
  return { own, kept };
}

const texts = new WeakMap<object, string>();

/** A result as JSON, made once for each result object. Not for those with errors. */
export function textOf(result: ExecutionResult): string {
  const text = texts.get(result) ?? JSON.stringify(result);
  texts.set(result, text);
  return text;
}

const bytes = new WeakMap<object, Buffer>();

/** The same text in UTF-8, made once as well. */
export function bytesOf(result: ExecutionResult): Buffer {
  const known = bytes.get(result) ?? Buffer.from(textOf(result));
  bytes.set(result, known);
  return known;
}
