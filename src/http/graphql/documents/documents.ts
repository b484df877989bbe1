import {
  type DocumentNode,
  GraphQLError,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { schema } from '#schema';
import { CompiledCode } from '../execution/compiled-code.ts';
import { type CheckedQuery, compiledQuery } from '../execution/compiled-queries.ts';
import { isEndless, isFeed } from '../feeds.ts';
import { limitRules, refuseLong } from './document-limits.ts';
import { subscribedConditions } from './subscribed-conditions.ts';

/** A document that was read and checked once, with what is known of its operations. */
export interface KnownDocument {
  readonly document: DocumentNode;
  /** What is wrong with it, whoever asks and with whatever variables. */
  readonly errors: readonly GraphQLError[];
  /** Null: there is none of this name, or several and no name. */
  operation(name: string | undefined): KnownOperation | null;
}

export type ReadDocument = (text: string) => KnownDocument;

export interface KnownOperation {
  readonly node: OperationDefinitionNode;
  readonly feed: boolean;
  readonly endless: boolean;
  /** As compiled code, once the operation has been asked for often enough; null until then. */
  compiled(): CheckedQuery | null;
}

/** Kept, the last used ones; a long text, which is one with its values written in, is not. */
const documentsMax = 1_000;
const charactersMax = 16 * 1024;
/** Of all together: what is read weighs up to a hundred times its text. */
const keptCharactersMax = 2 * 1024 * 1024;
/**
 * Compiling takes about a millisecond and memory for as long as the document is kept, so a question
 * that is asked once is answered without.
 */
const usesBeforeCompiling = 2;

const queries = new CompiledCode<CheckedQuery>();

/** Reads documents, each text once for as long as it is in use. Throws what the parser throws. */
export function openDocuments(): ReadDocument {
  const known = new LRUCache<string, KnownDocument>({
    max: documentsMax,
    maxSize: keptCharactersMax,
    sizeCalculation: (_, text) => text.length + 1,
  });
  return (text) => {
    const found = known.get(text) ?? read(text);
    if (text.length <= charactersMax && !known.has(text)) known.set(text, found);
    return found;
  };
}

const rules = [...specifiedRules, ...limitRules];

/** Each is found in the text anew wherever it is shown. */
const options = { maxErrors: 20 };

function read(text: string): KnownDocument {
  refuseLong(text);
  const document = parse(text);
  const operations = new Map<string, KnownOperation>();
  return {
    document,
    errors: validated(document).map(ofValidation),
    operation(name) {
      const found = operations.get(name ?? '');
      if (found) return found;
      const node = getOperationAST(document, name);
      const operation = node ? knownOperation(document, node) : null;
      // Names that the document does not have are not remembered: there is no end of them.
      if (operation) operations.set(name ?? '', operation);
      return operation;
    },
  };
}

/**
 * graphql-js looks for the one field of a subscription before it has variables, and throws where a
 * condition has one: what is wrong with it is said first.
 */
function validated(document: DocumentNode): readonly GraphQLError[] {
  const conditions = subscribedConditions(document);
  return conditions.length > 0 ? conditions : validate(schema, document, rules, options);
}

/** With the code that the contract gives it; those of limits have their own. */
function ofValidation(error: GraphQLError): GraphQLError {
  if (error.extensions['code']) return error;
  const { message, nodes } = error;
  const extensions = { ...error.extensions, code: 'GRAPHQL_VALIDATION_FAILED' };
  return new GraphQLError(message, { nodes: nodes ?? null, extensions });
}

function knownOperation(document: DocumentNode, node: OperationDefinitionNode): KnownOperation {
  let uses = 0;
  return {
    node,
    feed: isFeed(node),
    endless: isEndless(node),
    compiled() {
      if (uses++ < usesBeforeCompiling) return null;
      return queries.of(node, () => compiledQuery(document, node));
    },
  };
}
