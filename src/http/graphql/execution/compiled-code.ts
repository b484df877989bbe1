import type { OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Up to a quarter of a megabyte each. */
const compiledMax = 300;

/**
 * The code of operations, those used last: a document has room for a hundred operations, and with
 * all of a thousand documents compiled a node would have no memory for anything else.
 */
export class CompiledCode<Code> {
  readonly #kept = new LRUCache<OperationDefinitionNode, { readonly code: Code | null }>({
    max: compiledMax,
  });

  /** Null: it cannot be compiled, which is remembered too. */
  of(operation: OperationDefinitionNode, compile: () => Code | null): Code | null {
    const known = this.#kept.get(operation) ?? { code: compile() };
    this.#kept.set(operation, known);
    return known.code;
  }
}
