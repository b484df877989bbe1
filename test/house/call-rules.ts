import ts from 'typescript';
import { at, isProduct, isTest, nodesOf, type Rule, type Source } from './source.ts';

/** What stands in src/kernel alone, and what to take instead. */
const kernelOnly: Readonly<Record<string, string>> = {
  'Date.now': 'take a Clock and call clock.now()',
  'new Date': 'take a Clock: new Date(clock.now())',
  'performance.now': 'take a Clock and call clock.monotonic()',
  'Math.random': 'take a Random and call random.next(), or secureText for what must not be guessed',
  setTimeout: 'take a Clock: clock.after(ms, run), or sleep(clock, ms)',
  setInterval: 'take a Clock: clock.every(ms, run)',
};

/** Time and chance come from the kernel, so that a test owns them. */
export const borrowedTime: Rule = (source) => {
  if (!isProduct(source) || source.path.startsWith('src/kernel/')) return [];
  return [...nodesOf(source.tree)].flatMap((node) => {
    const name = calledName(node);
    const instead = name !== null && Object.hasOwn(kernelOnly, name) ? kernelOnly[name] : null;
    return instead ? [at(source, node, `${name} stands in src/kernel alone: ${instead}`)] : [];
  });
};

/**
 * A test waits for what it is about, not for time to pass. What plays a slow server may be slow.
 */
export const noSleeps: Rule = (source) => {
  if (!isTest(source) || /^test\/(?:bench|harness|kernel)\//.test(source.path)) return [];
  return [...nodesOf(source.tree)].flatMap((node) => {
    const name = calledName(node);
    if (name !== 'setTimeout' && name !== 'setInterval') return [];
    return [at(source, node, `${name} in a test: wait for the event, or move a virtual clock`)];
  });
};

export const faultsOnly: Rule = (source) => {
  if (!isProduct(source)) return [];
  return [...nodesOf(source.tree)].flatMap((node) => {
    if (!ts.isThrowStatement(node) || !ts.isNewExpression(node.expression)) return [];
    if (node.expression.expression.getText() !== 'Error') return [];
    return [at(source, node, 'a bare Error: throw a Fault, or state an invariant(…)')];
  });
};

export const oneReaderOfTheEnvironment: Rule = (source) => {
  if (!isProduct(source) || source.path === 'src/config.ts') return [];
  return [...nodesOf(source.tree)].flatMap((node) => {
    if (!ts.isPropertyAccessExpression(node) || node.getText() !== 'process.env') return [];
    return [at(source, node, 'process.env is read in src/config.ts alone: take what you need')];
  });
};

export const allTestsRun: Rule = (source) => {
  if (!isTest(source)) return [];
  return [...nodesOf(source.tree)].flatMap((node) => {
    if (!ts.isPropertyAccessExpression(node)) return [];
    const text = node.getText();
    if (!/^(?:it|test|describe)\.(?:skip|only|todo|fails)$/.test(text)) return [];
    return [at(source, node, `${text}: a test runs, and runs beside the others`)];
  });
};

/** The name of what a node calls or, without an argument, constructs. */
function calledName(node: ts.Node): string | null {
  if (ts.isCallExpression(node)) return node.expression.getText().replace(/^globalThis\./, '');
  const isBare = ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0;
  return isBare ? `new ${node.expression.getText()}` : null;
}

/**
 * A cast that goes around the types, or a comment that silences a tool, owes its reason on the
 * spot.
 */
export const explainedCasts: Rule = (source) => {
  if (isTest(source)) return [];
  return [...nodesOf(source.tree)].flatMap((node) => {
    if (!ts.isAsExpression(node) || !goesAround(node) || hasComment(source, node)) return [];
    return [at(source, node, 'a cast around the types: give its reason in a comment beside it')];
  });
};

function goesAround(node: ts.AsExpression): boolean {
  if (node.type.kind === ts.SyntaxKind.AnyKeyword) return true;
  const inner = ts.isParenthesizedExpression(node.expression)
    ? node.expression.expression
    : node.expression;
  return ts.isAsExpression(inner) && inner.type.kind === ts.SyntaxKind.UnknownKeyword;
}

function hasComment(source: Source, node: ts.Node): boolean {
  const { line } = source.tree.getLineAndCharacterOfPosition(node.getStart());
  const last = source.tree.getLineAndCharacterOfPosition(node.end).line;
  const near = source.lines.slice(Math.max(0, line - 1), last + 1);
  return near.some((text) => /\/\/\s*\w|\*\/|^\s*\*\s/.test(text));
}
