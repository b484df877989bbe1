import { builder } from './builder.ts';

/** An enum whose every value says what it means. */
export function describedEnum<Value extends string>(
  name: string,
  description: string,
  texts: Readonly<Record<Value, string>>,
) {
  const entries = Object.entries<string>(texts);
  const values = Object.fromEntries(
    entries.map(([value, text]) => [value, { value, description: text }]),
  );
  return builder.enumType(name, {
    description,
    values: values as Record<Value, { value: Value; description: string }>,
  });
}
