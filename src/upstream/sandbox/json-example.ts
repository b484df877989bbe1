type Schema = Readonly<Record<string, unknown>>;

const depthMax = 16;

/**
 * Values, properties looked at and characters, together: a schema of a line can ask for a billion
 * of each. What is missing when they are used up is null.
 */
const partsMax = 50_000;

/** One schema, and what an example of it may still be made of. */
interface Making {
  readonly root: unknown;
  partsLeft: number;
}

/**
 * A small value that satisfies a JSON Schema: const, enum, default, $ref into the schema, anyOf
 * and oneOf (the first), allOf, and the bounds of objects, arrays, strings and numbers, as far as
 * `partsMax` allows. Patterns are not looked at: it serves a simulation.
 */
export function jsonExample(schema: unknown): unknown {
  return example(schema, { root: schema, partsLeft: partsMax }, 0);
}

function example(given: unknown, making: Making, depth: number): unknown {
  making.partsLeft -= 1;
  if (depth > depthMax || making.partsLeft < 0) return null;
  if (!isObject(given)) return 'text';
  const schema = merged(given, making);
  if ('const' in schema) return weighed(schema['const'], making);
  if ('default' in schema) return weighed(schema['default'], making);
  if (Array.isArray(schema['enum'])) return weighed(schema['enum'][0], making);
  switch (typeOf(schema)) {
    case 'object':
      return objectExample(schema, making, depth);
    case 'array':
      return arrayExample(schema, making, depth);
    case 'integer':
    case 'number':
      return numberExample(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringExample(schema, making);
  }
}

/** A value that the schema itself gives. */
function weighed(value: unknown, making: Making): unknown {
  making.partsLeft -= JSON.stringify(value)?.length ?? 0;
  return value;
}

/** The schema with its $ref followed, its allOf joined and the first of its alternatives taken. */
function merged(schema: Schema, making: Making): Schema {
  let whole = schema;
  for (let step = 0; step < depthMax; step++) {
    making.partsLeft -= Object.keys(whole).length;
    const { $ref: ref, allOf, anyOf, oneOf, ...rest } = whole as Schema & Record<string, unknown>;
    const alternative = Array.isArray(anyOf) ? anyOf[0] : Array.isArray(oneOf) ? oneOf[0] : {};
    const parts = [
      typeof ref === 'string' ? pointed(making.root, ref) : {},
      ...(Array.isArray(allOf) ? allOf : []),
      alternative,
    ].filter(isObject);
    if (parts.every((part) => Object.keys(part).length === 0)) return rest;
    const properties = Object.assign({}, ...[...parts, rest].map((each) => each['properties']));
    whole = Object.assign({}, ...parts, rest, { properties });
    making.partsLeft -= parts.length + Object.keys(properties).length + String(ref).length;
  }
  return whole;
}

function objectExample(schema: Schema, making: Making, depth: number): unknown {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : null;
  const names = required?.map(String) ?? Object.keys(properties);
  return Object.fromEntries(
    names.map((name) => [name, example(own(properties, name) ?? {}, making, depth + 1)]),
  );
}

function arrayExample(schema: Schema, making: Making, depth: number): unknown {
  const values: unknown[] = [];
  const length = numberIn(schema, 'minItems') ?? 1;
  while (values.length < length && making.partsLeft > 0) {
    values.push(example(schema['items'] ?? {}, making, depth + 1));
  }
  return values;
}

function numberExample(schema: Schema): number {
  const step = numberIn(schema, 'multipleOf') ?? 1;
  const above = numberIn(schema, 'exclusiveMinimum');
  const least = above === undefined ? numberIn(schema, 'minimum') : above + step;
  const most = numberIn(schema, 'maximum') ?? numberIn(schema, 'exclusiveMaximum');
  const value = least ?? Math.min(1, most ?? 1);
  return Math.ceil(value / step) * step;
}

const formats: ReadonlyMap<string, string> = new Map([
  ['date', '2026-01-01'],
  ['date-time', '2026-01-01T00:00:00Z'],
  ['time', '00:00:00Z'],
  ['email', 'someone@example.com'],
  ['uri', 'https://example.com'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
]);

function stringExample(schema: Schema, making: Making): string {
  const format = formats.get(String(schema['format']));
  if (format) return format;
  const length = Math.min(numberIn(schema, 'minLength') ?? 0, making.partsLeft);
  const text = 'text'.padEnd(length, '.');
  making.partsLeft -= text.length;
  return text.slice(0, numberIn(schema, 'maxLength'));
}

/** Follows `#/$defs/name`. */
function pointed(root: unknown, ref: string): unknown {
  return ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
    .reduce<unknown>((at, step) => (isObject(at) ? own(at, step) : undefined), root);
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

/** Of the schema itself: every object also has a `constructor`. */
const own = (schema: Schema, name: string): unknown =>
  Object.hasOwn(schema, name) ? schema[name] : undefined;

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
