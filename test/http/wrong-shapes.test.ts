import { expect, it } from 'vitest';
import { z } from 'zod';
import { wirePath } from '../../src/http/rest/errors.ts';
import { Origins } from '../../src/http/rest/origins.ts';
import { inShape } from '../../src/http/rest/shape.ts';
import { InvalidInput } from '../../src/kernel/index.ts';

it('a refusal names a hundred of the fields that are wrong, and is no larger than that', () => {
  const shape = z.object({ list: z.array(z.union([z.string(), z.object({ a: z.string() })])) });
  try {
    inShape(shape, { list: Array(50_000).fill({ b: 1 }) });
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(InvalidInput);
    const { issues, public: sentence } = thrown as InvalidInput;
    expect(issues).toHaveLength(100);
    expect(sentence.length).toBeLessThan(20_000);
  }
});

it.each([
  [z.coerce.number().min(1), '0', 'It is "0".', 'at least 1'],
  [z.number().max(2), 3, 'It is 3.', 'at most 2'],
  [z.array(z.string()).min(1), [], 'It is a list.', 'at least 1 in the list'],
  [z.string().max(2), 'long', 'It is "long".', 'at most 2 characters'],
])('a bound is told as what is accepted: %#', (shape, given, message, accepted) => {
  try {
    inShape(z.object({ field: shape }), { field: given });
    expect.unreachable();
  } catch (thrown) {
    expect((thrown as InvalidInput).issues).toEqual([{ path: 'field', message, accepted }]);
  }
});

it('a caller’s own name of a field is left as it is, also one that every object has', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const own = name === 'toString' ? 'to_string' : name;
    expect(wirePath(`input.metadata.${name}`)).toBe(`metadata.${own}`);
    expect(new Origins().nameOf(`input.metadata.${name}`, new Map())).toBe(`metadata.${own}`);
  }
});
