import type { DocumentNode, ExecutionArgs } from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '#schema';

/**
 * Runs the subscriptions of callers with credentials as compiled code: a token then costs a small fraction of a walk
 * over the document. Compiling is worth it for a stream only, and not offered to everybody: it takes a millisecond
 * and memory for as long as the document is kept.
 */
export function useCompiledSubscriptions(): Plugin<Context> {
  const compiled = new WeakMap<DocumentNode, Map<string, CompiledQuery>>();

  const subscriptionOf = ({ schema, document, operationName }: ExecutionArgs) => {
    const name = operationName ?? '';
    const ofDocument = compiled.get(document) ?? new Map<string, CompiledQuery>();
    compiled.set(document, ofDocument);
    const known = ofDocument.get(name);
    if (known) return known;
    const fresh = compileQuery(schema, document, operationName ?? undefined);
    if (!isCompiledQuery(fresh)) return null;
    ofDocument.set(name, fresh);
    return fresh;
  };

  return {
    onSubscribe({ args, setSubscribeFn }) {
      if (args.contextValue.principal.kind === 'anonymous') return;
      const subscription = subscriptionOf(args);
      const { subscribe } = subscription ?? {};
      if (!subscribe) return;
      setSubscribeFn((given) =>
        subscribe(given.rootValue, given.contextValue, { ...given.variableValues }),
      );
    },
  };
}
