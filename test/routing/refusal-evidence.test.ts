import { describe, expect, it } from 'vitest';
import { refusedIn, safeEvidence } from '../../src/routing/refusal-evidence.ts';

const used = new Set(['temperature', 'tools', 'structured_outputs', 'seed', 'reasoning']);
const refused = (said: string) => refusedIn(safeEvidence(said), used);

describe('the words of a refusal', () => {
  it.each([
    ["Unsupported value: 'temperature' does not support 0.2 with this model.", 'temperature'],
    [
      "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
      'structured_outputs',
    ],
    ['Invalid JSON payload received. Unknown name "seed" at \'generation_config\'', 'seed'],
    ['This model does not support tool use.', 'tools'],
    ["It can't think and doesn't support reasoning, they say", 'reasoning'],
    ['Extended thinking is not available for this model', 'reasoning'],
  ])('name what is refused: %s', (said, parameter) => {
    expect(refused(said)).toEqual([parameter]);
  });

  it.each([
    `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters'`,
    "Invalid schema for function 'temperature': 'oneOf' is not permitted.",
    'Invalid tool name: dots are not allowed.',
    'tools.0.input_schema: additional keys are not allowed',
    'The user “temperature and tools are not supported” is unknown and not allowed',
    'temperature must be at most two; more is not supported',
  ])('name no parameter where a part of the request is at fault: %s', (said) => {
    expect(refused(said)).toEqual([]);
  });

  it('are shown without what a caller wrote and without what may be an account', () => {
    const said =
      "'temperature' does not support 0.2 for tool 'diagnose_anna' of org-a1b2c3, see ops@acme.io";
    expect(safeEvidence(said)).toBe(
      "'temperature' does not support […] for tool […] of […] see […]",
    );
    expect(safeEvidence('word '.repeat(100))).toHaveLength(200);
  });
});
