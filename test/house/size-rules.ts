import ts from 'typescript';
import { at, isTest, lineOf, nodesOf, type Rule, type Source } from './source.ts';

const functionLinesMax = 70;
const fileLinesMax = 400;
const parametersMax = 3;
const columnsMax = 100;

/**
 * A suite or a list of declarations is a chapter, not a function: its parts are what is measured.
 */
export const shortFunctions: Rule = (source) =>
  functionsOf(source)
    .filter((node) => !isSuite(node) && !isList(node))
    .flatMap((node) => {
      const lines = lineOf(source, node.end) - lineOf(source, node.getStart()) + 1;
      if (lines <= functionLinesMax) return [];
      return [at(source, node, `a function of ${lines} lines; at most ${functionLinesMax}`)];
    });

export const shortFiles: Rule = ({ lines }) => {
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (count <= fileLinesMax) return [];
  return [{ line: count, message: `${count} lines; at most ${fileLinesMax}: one idea a file` }];
};

/** What a library calls with as much as it likes is exempt: resolvers, and the tests of a table. */
export const fewParameters: Rule = (source) =>
  functionsOf(source).flatMap((node) => {
    const count = node.parameters.filter(({ name }) => name.getText() !== 'this').length;
    if (count <= parametersMax || isCalledByLibrary(source, node)) return [];
    const message = `${count} parameters; at most ${parametersMax}: take an options object`;
    return [at(source, node, message)];
  });

/** A text that runs across the edge is left whole: broken up, nobody could search for it. */
export const narrowLines: Rule = (source) => {
  const whole = linesOfLongTexts(source);
  return source.lines.flatMap((text, index) => {
    const columns = [...text].length;
    if (columns <= columnsMax || whole.has(index + 1)) return [];
    return [{ line: index + 1, message: `${columns} columns; at most ${columnsMax}` }];
  });
};

function linesOfLongTexts(source: Source): Set<number> {
  const lines = new Set<number>();
  for (const node of nodesOf(source.tree)) {
    const isText = ts.isLiteralExpression(node) || ts.isTemplateExpression(node);
    const { character } = source.tree.getLineAndCharacterOfPosition(node.end);
    if (isText && character > columnsMax - 1) lines.add(lineOf(source, node.end));
  }
  return lines;
}

function functionsOf({ tree }: Source): ts.FunctionLikeDeclaration[] {
  return [...nodesOf(tree)].filter(
    (node): node is ts.FunctionLikeDeclaration => ts.isFunctionLike(node) && 'body' in node,
  );
}

function isSuite(node: ts.FunctionLikeDeclaration): boolean {
  const { body } = node;
  if (!body || !ts.isBlock(body)) return false;
  return body.statements.some((each) => /^(?:it|test|describe)\b/.test(each.getText()));
}

function isCalledByLibrary(source: Source, node: ts.FunctionLikeDeclaration): boolean {
  if (isTest(source) && ts.isCallExpression(node.parent)) return true;
  const named = ts.isMethodDeclaration(node) ? node : node.parent;
  const isMember = ts.isMethodDeclaration(named) || ts.isPropertyAssignment(named);
  return isMember && /^(?:resolve|subscribe)$/.test(named.name.getText());
}

/** `(t) => ({ … })` lists declarations and has no steps. */
function isList(node: ts.FunctionLikeDeclaration): boolean {
  if (!ts.isArrowFunction(node) || !ts.isParenthesizedExpression(node.body)) return false;
  return ts.isObjectLiteralExpression(node.body.expression);
}
