import ts from 'typescript';

/** One file of code, read and parsed. */
export interface Source {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly tree: ts.SourceFile;
}

/** A house rule that a file breaks: where, and what to do instead. */
export interface Violation {
  readonly line: number;
  readonly message: string;
}

export type Rule = (source: Source) => Violation[];

export function sourceOf(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return { path, text, lines: text.split('\n'), tree };
}

/** Every node of the file, in the order of the text. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Line numbers as editors count them. */
export function lineOf({ tree }: Source, position: number): number {
  return tree.getLineAndCharacterOfPosition(position).line + 1;
}

export const at = (source: Source, node: ts.Node, message: string): Violation => ({
  line: lineOf(source, node.getStart()),
  message,
});

export const isTest = ({ path }: Source) => path.startsWith('test/');

/** What runs in production: the machine and the promises. */
export const isProduct = ({ path }: Source) => /^(?:src|schema)\//.test(path);
