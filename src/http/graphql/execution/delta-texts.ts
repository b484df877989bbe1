import type { ExecutionResult } from 'graphql';

/** A piece of an answer: of the deltas those whose fields are all scalars, exposed as they are. */
interface Delta {
  readonly type: 'TextDelta' | 'ReasoningDelta';
  readonly completionId: string;
  readonly sequence: number;
  readonly firstSequence: number;
  readonly text: string;
  readonly details?: unknown;
}

type Field = 'completionId' | 'sequence' | 'firstSequence' | 'text';

/** Ready text, and the fields whose JSON stands behind each piece of it but the last. */
interface Form {
  readonly pieces: readonly string[];
  readonly fields: readonly Field[];
}

type Execute = (event: unknown) => unknown;

/**
 * Stands for a delta when its form is learned. A name in a document has none of these brackets, and
 * no number stands right behind a colon but a value: what is found is a value.
 */
const probe = {
  completionId: '⟦completionId⟧',
  sequence: 2_147_483_646,
  firstSequence: 2_147_483_645,
  text: '⟦text⟧',
  details: null,
} as const;
const marks: ReadonlyMap<string, Field> = new Map(
  (['completionId', 'sequence', 'firstSequence', 'text'] as const).map((field) => [
    `:${JSON.stringify(probe[field])}`,
    field,
  ]),
);
const anyMark = new RegExp(`(${[...marks.keys()].join('|')})(?=[,}])`);

/**
 * The results of one selection for deltas, as JSON: each kind of delta is executed once, with a
 * probe, and from then on a token costs a concatenation. The form is believed when it gives for
 * the first real delta, to the letter, what executing it gives.
 */
export class DeltaTexts {
  readonly #forms = new Map<Delta['type'], Form | null>();

  /** The result for this event; null when it has to be executed. */
  of(event: unknown, execute: Execute): string | null {
    if (!isDelta(event)) return null;
    const known = this.#forms.get(event.type);
    if (known === null) return null;
    if (known) return filled(known, event);
    const form = learned(event, execute);
    this.#forms.set(event.type, form);
    return form && filled(form, event);
  }
}

function learned(event: Delta, execute: Execute): Form | null {
  const text = textOf(execute({ ...probe, type: event.type }));
  if (text === null) return null;
  const parts = text.split(anyMark);
  const pieces = parts.filter((_, index) => index % 2 === 0);
  const fields = parts.flatMap((part, index) => (index % 2 === 1 ? (marks.get(part) ?? []) : []));
  const form = { pieces, fields };
  return filled(form, event) === textOf(execute(event)) ? form : null;
}

/** Null for one that is not there at once, or has errors. */
function textOf(result: unknown): string | null {
  if (result instanceof Promise || (result as ExecutionResult).errors) return null;
  return JSON.stringify(result);
}

function filled({ pieces, fields }: Form, event: Delta): string {
  let text = pieces[0] ?? '';
  for (let index = 0; index < fields.length; index++) {
    const value = event[fields[index] as Field];
    text += `:${typeof value === 'number' ? value : JSON.stringify(value)}${pieces[index + 1]}`;
  }
  return text;
}

function isDelta(event: unknown): event is Delta {
  const { type, details } = event as Delta;
  return type === 'TextDelta' || (type === 'ReasoningDelta' && details == null);
}
