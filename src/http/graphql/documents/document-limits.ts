import {
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  Lexer,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValidationContext,
} from 'graphql';
import { type DocumentCost, spendPoints } from '../points.ts';
import { type CostArgs, costOf } from './document-cost.ts';

/** What a document may be, so that reading one never costs more than answering it. */
const documentLimits = {
  characters: 256 * 1024,
  /** Where an error stands is found by counting lines, for each error anew. */
  lines: 5_000,
  tokens: 2_000,
  depth: 12,
  aliases: 30,
  /** Points: one a field that is an object or a scalar, times the rows of the lists above it. */
  cost: { anonymous: 5_000, authenticated: 20_000 },
} as const;

/** Counting stops here: nobody needs to know by how much a hostile document is too long. */
const countedTokensMax = documentLimits.tokens * 10;

/** Throws for a document that is too long, in characters, lines or tokens, before it is read. */
export function refuseLong(text: string): void {
  // A line and a token take at least one character, so that most documents need no counting.
  if (text.length <= documentLimits.tokens) return;
  refuseAbove('CHARACTER', documentLimits.characters, text.length);
  refuseAbove('LINE', documentLimits.lines, linesOf(text));
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  while (tokens < countedTokensMax && lexer.advance().kind !== TokenKind.EOF) tokens += 1;
  refuseAbove('TOKEN', documentLimits.tokens, tokens);
}

function refuseAbove(kind: keyof typeof advice, limit: number, actual: number): void {
  if (actual > limit) throw overLimit(kind, { limit, actual });
}

function linesOf(text: string): number {
  let lines = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || code === carriageReturn) lines += 1;
  }
  return lines;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

function DepthLimit(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const actual = depthOf(operation.selectionSet, context, new Map());
      if (actual <= documentLimits.depth) return;
      context.reportError(overLimit('DEPTH', { limit: documentLimits.depth, actual }));
    },
  };
}

/**
 * How deep fields are nested. Introspection has a rule of its own in graphql-js; cycles are refused
 * by another.
 */
function depthOf(
  set: SelectionSetNode,
  context: ValidationContext,
  known: Map<FragmentDefinitionNode, number>,
): number {
  let deepest = 0;
  for (const selection of set.selections) {
    let depth = 0;
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value.startsWith('__')) continue;
      const inner = selection.selectionSet;
      depth = 1 + (inner ? depthOf(inner, context, known) : 0);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      depth = depthOf(selection.selectionSet, context, known);
    } else {
      const fragment = context.getFragment(selection.name.value);
      if (!fragment) continue;
      const before = known.get(fragment);
      if (before === undefined) {
        known.set(fragment, 0);
        known.set(fragment, depthOf(fragment.selectionSet, context, known));
      }
      depth = known.get(fragment) ?? 0;
    }
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function AliasLimit(context: ValidationContext): ASTVisitor {
  let aliases = 0;
  return {
    Field(field: FieldNode) {
      if (field.alias) aliases += 1;
    },
    Document: {
      leave() {
        if (aliases <= documentLimits.aliases) return;
        const figures = { limit: documentLimits.aliases, actual: aliases };
        context.reportError(overLimit('ALIAS', figures));
      },
    },
  };
}

/**
 * The schema, told twice under two names, takes twice the time, and a document has room for a
 * hundred: within introspection there are no aliases, and it is begun once.
 */
function IntrospectionAliasLimit(context: ValidationContext): ASTVisitor {
  let aliases = 0;
  return {
    Field({ alias, name }: FieldNode) {
      const inside = context.getParentType()?.name.startsWith('__');
      if (alias && (inside || name.value === '__schema')) aliases += 1;
    },
    Document: {
      leave() {
        if (aliases === 0) return;
        context.reportError(overLimit('INTROSPECTION_ALIAS', { limit: 0, actual: aliases }));
      },
    },
  };
}

/**
 * Spends what an operation costs, and refuses one that costs too much, with the limit, the
 * operation's own figure and how to stay under it.
 */
export function spend(args: CostArgs): ReturnType<typeof spendPoints> {
  const { anonymous, authenticated } = documentLimits.cost;
  const limit = args.contextValue.principal.kind === 'anonymous' ? anonymous : authenticated;
  const requested = costOf(args);
  if (requested <= limit) return spendPoints(args.contextValue, requested);
  const { cost } = spendPoints(args.contextValue, 0);
  return { cost, refused: overLimit('COST', { limit, actual: requested }) };
}

/** What an answer over HTTP says of the cost of its document. */
export const withCost = <Result extends { extensions?: object | null | undefined }>(
  result: Result,
  cost: Partial<DocumentCost>,
): Result => ({ ...result, extensions: { ...result.extensions, cost } });

/** What a document must keep beside the rules of the specification. */
export const limitRules = [DepthLimit, AliasLimit, IntrospectionAliasLimit];

const longTexts = 'Send long texts as variables, and large documents in parts.';

const advice = {
  CHARACTER: longTexts,
  LINE: longTexts,
  TOKEN: longTexts,
  DEPTH: 'Ask for inner objects by id in a second request.',
  ALIAS: 'Ask for lists instead of one alias after the other, or send several requests.',
  INTROSPECTION_ALIAS: 'Ask for each part of the schema once, under its own name.',
  COST: 'Ask for smaller pages (`first`), fewer lists within lists, or fewer fields.',
};

const things = {
  CHARACTER: 'characters',
  LINE: 'lines',
  TOKEN: 'tokens',
  DEPTH: 'levels',
  ALIAS: 'aliases',
  INTROSPECTION_ALIAS: 'aliases within introspection',
  COST: 'points of cost',
};

function overLimit(
  kind: keyof typeof advice,
  { limit, actual }: { limit: number; actual: number },
): GraphQLError {
  const message = `The document has ${actual} ${things[kind]}; ${limit} are allowed. ${advice[kind]}`;
  return new GraphQLError(message, {
    extensions: { code: `DOCUMENT_${kind}_LIMIT`, limit, actual, http: { status: 400 } },
  });
}
