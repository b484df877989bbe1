import { z } from 'zod';
import { jsonDepthMax, nestedWithin } from '#kernel';

/** A field that may be absent or null, which mean the same. */
export const may = <Type extends z.ZodType>(type: Type) => type.nullish();

export const text = may(z.string());
export const texts = may(z.array(z.string()));
export const number = may(z.number());
export const integer = may(z.int());
export const flag = may(z.boolean());

const tooDeep = `It is nested more than ${jsonDepthMax} levels deep.`;
const shallow = [
  (value: unknown) => nestedWithin(value, jsonDepthMax),
  { error: `${tooDeep} Accepted: at most ${jsonDepthMax}` },
] as const;

/** JSON whose form is the provider's or the caller's own. */
export const json = may(z.unknown().refine(...shallow));
export const jsonObject = z.record(z.string(), z.unknown()).refine(...shallow);

/** A price as clients write it: a number, or a decimal as a string. */
export const price = may(z.union([z.number(), z.string()]));

/**
 * A field of the field's other services that is not offered here. It is refused by its name, never
 * dropped in silence; what asks for nothing (null, false, an empty list, `idle`) passes.
 */
export const notOffered = (instead: string, ...idle: readonly unknown[]) =>
  z
    .unknown()
    .refine((value) => asksNothing(value) || idle.includes(value), {
      error: `This is not offered here. ${instead}`,
    })
    .optional()
    .describe(
      `Not supported: refused unless it asks for nothing (null, false, an empty list). ${instead}`,
    );

function asksNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isSwitchedOff);
  return value === null || value === undefined || value === false;
}

/** A plugin, say, that is named only to be switched off. */
function isSwitchedOff(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'enabled' in value && !value.enabled;
}

/** Taken note of by other services, without an effect on the answer. */
export const withoutEffect = (why: string) => json.describe(`Accepted without effect: ${why}`);

// ───────── answers ─────────

/** Whole US dollars and fractions as a number, because the wire has one. */
export const dollars = z.number();
/** A price per token, image or request: an exact decimal in a string. */
export const priceText = z.string();
export const nullableText = z.string().nullable();
export const nullableInteger = z.int().nullable();
export const nullableNumber = z.number().nullable();
