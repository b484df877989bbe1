import { type InputIssue, InvalidInput } from '#kernel';
import type { Form } from './setting-forms.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables one by one and remembers what is wrong, so that an operator hears all of it at
 * once.
 */
export interface Settings {
  /** Null when unset, empty or wrong. */
  read<T>(name: string, form: Form<T>): T | null;
  /**
   * Settings that are of use together only: all of them, or null; a part without the rest is wrong.
   */
  together<T extends object>(
    parts: {
      readonly [K in keyof T]: readonly [name: string, form: Form<T[K]>];
    },
  ): T | null;
  /** `name` is wrong when it is missing beside `other`. */
  require(name: string, other: string): void;
  reject(name: string, message: string): void;
  /** @throws InvalidInput when anything was wrong, with every issue. */
  refuseIfWrong(): void;
}

export function readSettings(environment: Environment): Settings {
  const issues: InputIssue[] = [];
  const given = (name: string) => environment[name] || null;

  const read: Settings['read'] = (name, form) => {
    const text = given(name);
    if (text === null) return null;
    const { success, data, error } = form.schema.safeParse(text);
    if (success) return data;
    const what = form.private ? error.issues[0]?.message : `${JSON.stringify(text)} was given.`;
    issues.push({ path: name, message: sentence(what ?? 'is wrong'), accepted: form.accepted });
    return null;
  };
  const require: Settings['require'] = (name, other) => {
    if (given(other) === null || given(name) !== null) return;
    issues.push({ path: name, message: `It is missing, and ${other} is of no use without it.` });
  };

  return {
    read,
    require,
    together<T extends object>(parts: Record<string, readonly [string, Form<unknown>]>) {
      const names = Object.values(parts).map(([name]) => name);
      const present = names.find((name) => given(name) !== null);
      if (present === undefined) return null;
      for (const name of names) require(name, present);
      const values = Object.entries(parts).map(([key, part]) => [key, read(...part)] as const);
      // A null among them is an issue by now, and then nobody sees the result.
      return Object.freeze(Object.fromEntries(values)) as T;
    },
    reject: (name, message) => void issues.push({ path: name, message }),
    refuseIfWrong() {
      if (issues.length > 0) throw new InvalidInput(issues);
    },
  };
}

/** What a form says is wrong, after the variable's name and a colon. */
function sentence(what: string): string {
  return what.endsWith('.') ? what : `It ${what}.`;
}
