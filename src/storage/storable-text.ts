import pg from 'pg';

/**
 * A connection over which a text may hold any character. PostgreSQL keeps no NUL and fails the
 * statement that has one; callers may send it, so it is replaced on the way, in what is written and
 * in what is looked for alike. Inside of JSON it stands escaped and is not seen here.
 */
export class StorableTextClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const ask = this.query.bind(this) as (...words: unknown[]) => unknown;
    this.query = ((...words: unknown[]) => ask(...words.map(storable))) as pg.Client['query'];
  }
}

/** Of a call of `query`: its list of values, or its object with one; all else as it is. */
function storable(word: unknown): unknown {
  if (Array.isArray(word)) return word.map(withoutNul);
  if (!isQuestion(word)) return word;
  return { ...word, values: word.values.map(withoutNul) };
}

const isQuestion = (word: unknown): word is { values: unknown[] } =>
  Object.getPrototypeOf(word ?? '') === Object.prototype &&
  Array.isArray((word as { values?: unknown }).values);

/** U+FFFD, as the journal's records have it for what cannot be kept. */
function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  return typeof value === 'string' && value.includes('\0')
    ? value.replaceAll('\0', '\ufffd')
    : value;
}
