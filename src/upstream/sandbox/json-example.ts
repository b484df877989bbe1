type Schema = Readonly<Record<string, unknown>>;

const depthMax = 16;

/**
 * A small value that satisfies a JSON Schema: const, enum, default, $ref into the schema, anyOf
 * and oneOf (the first), allOf, and the bounds of objects, arrays, strings and numbers. Patterns
 * are not looked at: it serves a simulation.
 */
export function jsonExample(schema: unknown): unknown {
  return example(schema, schema, 0);
}

function example(given: unknown, root: unknown, depth: number): unknown {
  if (!isObject(given) || depth > depthMax) return depth > depthMax ? null : 'text';
  const schema = merged(given, root);
  if ('const' in schema) return schema['const'];
  if ('default' in schema) return schema['default'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  switch (typeOf(schema)) {
    case 'object':
      return objectExample(schema, root, depth);
    case 'array':
      return Array.from({ length: numberIn(schema, 'minItems') ?? 1 }, () =>
        example(schema['items'] ?? {}, root, depth + 1),
      );
    case 'integer':
    case 'number':
      return numberExample(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringExample(schema);
  }
}

/** The schema with its $ref followed, its allOf joined and the first of its alternatives taken. */
function merged(schema: Schema, root: unknown): Schema {
  let whole = schema;
  for (let step = 0; step < depthMax; step++) {
    const { $ref: ref, allOf, anyOf, oneOf, ...rest } = whole as Schema & Record<string, unknown>;
    const alternative = Array.isArray(anyOf) ? anyOf[0] : Array.isArray(oneOf) ? oneOf[0] : {};
    const parts = [
      typeof ref === 'string' ? pointed(root, ref) : {},
      ...(Array.isArray(allOf) ? allOf : []),
      alternative,
    ].filter(isObject);
    if (parts.every((part) => Object.keys(part).length === 0)) return rest;
    whole = Object.assign({}, ...parts, rest, {
      properties: Object.assign({}, ...[...parts, rest].map((each) => each['properties'])),
    });
  }
  return whole;
}

function objectExample(schema: Schema, root: unknown, depth: number): unknown {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : null;
  const names = required?.map(String) ?? Object.keys(properties);
  return Object.fromEntries(
    names.map((name) => [name, example(properties[name] ?? {}, root, depth + 1)]),
  );
}

function numberExample(schema: Schema): number {
  const step = numberIn(schema, 'multipleOf') ?? 1;
  const above = numberIn(schema, 'exclusiveMinimum');
  const least = above === undefined ? numberIn(schema, 'minimum') : above + step;
  const most = numberIn(schema, 'maximum') ?? numberIn(schema, 'exclusiveMaximum');
  const value = least ?? Math.min(1, most ?? 1);
  return Math.ceil(value / step) * step;
}

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function stringExample(schema: Schema): string {
  const format = formats[String(schema['format'])];
  if (format) return format;
  const text = 'text'.padEnd(numberIn(schema, 'minLength') ?? 0, '.');
  return text.slice(0, numberIn(schema, 'maxLength'));
}

/** Follows `#/$defs/name`. */
function pointed(root: unknown, ref: string): unknown {
  return ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
    .reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), root);
}

function typeOf(schema: Schema): unknown {
  const { type } = schema as { type?: unknown };
  if (Array.isArray(type)) return type[0];
  return type ?? (schema['properties'] ? 'object' : schema['items'] ? 'array' : 'string');
}

function numberIn(schema: Schema, name: string): number | undefined {
  const value = schema[name];
  return typeof value === 'number' ? value : undefined;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
