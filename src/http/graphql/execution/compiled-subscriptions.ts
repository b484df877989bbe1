import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
} from 'graphql';
import type { Take } from '#kernel';
import type { Context } from '#schema';
import { type Result, type Results, resultsOf } from '../results.ts';
import { CompiledCode } from './compiled-code.ts';
import { compileEvents, type EventQuery } from './compiled-events.ts';
import { DeltaTexts } from './delta-texts.ts';
import { type Execute, SharedResults } from './shared-results.ts';

const known = new CompiledCode<EventQuery>();

/**
 * Runs a subscription as compiled code: a token then costs a small fraction of a walk over the
 * document. Compiling takes a millisecond, and memory for as long as the document is kept, so it is
 * not offered to callers without credentials.
 *
 * graphql-jit hands the variables to `subscribe` where the field's arguments belong, and coerces
 * all of them anew for each event, a long prompt included. So graphql-js starts the source, and
 * what is compiled is the rest: the selection on one event, as a query on a schema whose root
 * fields take no arguments.
 *
 * What a feed gives to all is executed once for all who ask the same of it, compiled or not.
 */
export async function subscribed(
  args: ContextualArgs,
  feed: boolean,
): Promise<ExecutionResult | Results> {
  const compiled = args.contextValue.principal.kind === 'anonymous' ? null : eventQuery(args);
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const run = compiled ? runCompiled(args, compiled) : interpreted(args);
  const { contextValue } = args;
  const question = feed ? questionOf(args) : '';
  const texts = compiled && textsOf(compiled);
  const execute = (event: unknown) => run(event, contextValue);
  return new Mapped(resultsOf<unknown>(source), (event) =>
    feed
      ? shared.give({ event: event as object, question }, contextValue, run)
      : (texts?.of(event, execute) ?? execute(event)),
  );
}

/** How deltas read is the same for all who ask the same, unless what they ask has variables. */
const textsOf = ({ variables, texts }: EventQuery) =>
  variables.size === 0 ? texts : new DeltaTexts();

/** Events are told apart by identity, so that one keeper serves every engine of the process. */
const shared = new SharedResults();

const numbers = new WeakMap<DocumentNode, number>();
let documents = 0;

function questionOf({ document, operationName, variableValues }: ExecutionArgs): string {
  const number = numbers.get(document) ?? ++documents;
  numbers.set(document, number);
  return JSON.stringify([number, operationName ?? null, variableValues ?? {}]);
}

const interpreted =
  (args: ExecutionArgs): Execute =>
  (event, context) =>
    execute({ ...args, rootValue: event, contextValue: context }) as ReturnType<Execute>;

interface ContextualArgs extends ExecutionArgs {
  readonly contextValue: Context;
}

function eventQuery({ document, operationName }: ExecutionArgs): EventQuery | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  return known.of(operation, () => compileEvents(document, operationName));
}

function runCompiled(args: ExecutionArgs, { query, variables }: EventQuery): Execute {
  const given = Object.fromEntries(
    Object.entries(args.variableValues ?? {}).filter(([name]) => variables.has(name)),
  );
  return (event, context) => query(event, context, given);
}

/** What is made of each event. */
class Mapped implements Results {
  readonly #events: Results<unknown>;
  readonly #execute: (event: unknown) => Promise<ExecutionResult> | Result;

  constructor(
    events: Results<unknown>,
    execute: (event: unknown) => Promise<ExecutionResult> | Result,
  ) {
    this.#events = events;
    this.#execute = execute;
  }

  each(take: Take<Result>): Promise<void> {
    return this.#events.each((event) => {
      const result = this.#execute(event);
      return result instanceof Promise ? result.then(take) : take(result);
    });
  }

  leave(): void {
    this.#events.leave();
  }
}
