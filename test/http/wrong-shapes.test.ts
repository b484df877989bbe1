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

it('a caller’s own name of a field is left as it is, also one that every object has', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const own = name === 'toString' ? 'to_string' : name;
    expect(wirePath(`input.metadata.${name}`)).toBe(`metadata.${own}`);
    expect(new Origins().nameOf(`input.metadata.${name}`, new Map())).toBe(`metadata.${own}`);
  }
});
