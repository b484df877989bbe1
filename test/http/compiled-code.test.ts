import { getOperationAST, type OperationDefinitionNode, parse } from 'graphql';
import { expect, it } from 'vitest';
import { CompiledCode } from '../../src/http/graphql/execution/compiled-code.ts';

const operation = () => getOperationAST(parse('{ a }')) as OperationDefinitionNode;

it('code is made once for as long as it is used, also when there is none to be made', () => {
  const code = new CompiledCode<string>();
  const [one, none] = [operation(), operation()];
  for (let round = 0; round < 1_000; round++) {
    expect(code.of(one, () => `made in round ${round}`)).toBe('made in round 0');
    expect(code.of(none, () => (round === 0 ? null : 'made again'))).toBeNull();
    code.of(operation(), () => 'once');
  }
});

it('what was not used for long is let go', () => {
  const code = new CompiledCode<string>();
  const old = operation();
  code.of(old, () => 'old');
  for (let other = 0; other < 300; other++) code.of(operation(), () => 'other');
  expect(code.of(old, () => 'anew')).toBe('anew');
});
