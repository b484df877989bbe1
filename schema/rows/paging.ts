import { type IdKind, InvalidInput, idPrefixes, isId } from '#kernel';

/** What a caller says about the page that it wants. */
export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** The same, checked. */
export interface Page {
  readonly size: number;
  /** True for `last`: the page is the end of what lies before the cursor. */
  readonly backward: boolean;
  /**
   * The sort key at which the page begins (or, backward, ends), itself excluded; null: at the
   * list's end.
   */
  readonly cursor: readonly string[] | null;
}

export interface Edge<Row> {
  readonly cursor: string;
  readonly node: Row;
}

export interface Connection<Row> {
  readonly edges: readonly Edge<Row>[];
  readonly pageInfo: PageInfo;
  /** Counted when it is asked for. */
  totalCount(): number | Promise<number>;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export const pageSizeDefault = 20;
const pageSizeMax = 100;

/**
 * Rows that a list is counted for in the cost of its document: a size that is refused costs like
 * the nearest that is not, so that it is the size that is told of.
 */
export const rowsCounted = (size: number) => Math.min(Math.max(1, size), pageSizeMax);

/**
 * Reads a page of the list named `list`. Everything that is no page is refused by name, never
 * clamped.
 */
export function readPage(list: string, args: PageArgs): Page {
  const [first, last] = [args.first ?? null, args.last ?? null];
  const [after, before] = [args.after ?? null, args.before ?? null];
  if (first !== null && last !== null) throw refused('last', 'It cannot stand beside `first`.');
  if (first !== null && before !== null) throw refused('before', 'It stands beside `last` alone.');
  if (last !== null && after !== null) throw refused('after', 'It stands beside `first` alone.');
  if (after !== null && before !== null) throw refused('before', 'It cannot stand beside `after`.');
  const backward = last !== null || before !== null;
  const size = (backward ? last : first) ?? pageSizeDefault;
  if (size < 1 || size > pageSizeMax) {
    throw InvalidInput.at(backward ? 'last' : 'first', `It is ${size}.`, `1 to ${pageSizeMax}`);
  }
  const given = backward ? before : after;
  const path = backward ? 'before' : 'after';
  return { size, backward, cursor: given === null ? null : readCursor(list, given, path) };
}

const refused = (path: string, message: string) => InvalidInput.at(path, message);

/** Opaque to callers; bound to its list, so that a cursor of another one is refused. */
export function cursorOf(list: string, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

/** The list that a cursor names; empty when it is none. It decides nothing: `arrayPage` checks. */
export function listOf(cursor: string): string {
  try {
    const [list] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return typeof list === 'string' ? list : '';
  } catch {
    return '';
  }
}

export function readCursor(list: string, text: string, path: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(parts) && parts.every((part) => typeof part === 'string')) {
      const [of, ...key] = parts;
      if (of === list && cursorOf(list, key) === text) return key;
    }
  } catch {
    // Not JSON: refused below like every other text that is not a cursor of this list.
  }
  throw notOfThisList(path);
}

export const notOfThisList = (path: string) =>
  InvalidInput.at(path, 'This is not a cursor of this list.', 'a cursor of this very list');

/** A page of a list that is in memory, in its order. A row is found again by its `key`. */
export function arrayPage<Row>(options: {
  list: string;
  args: PageArgs;
  rows: readonly Row[];
  key(row: Row): string;
}): Connection<Row> {
  const { list, args, rows, key } = options;
  const page = readPage(list, args);
  const position = page.cursor && rows.findIndex((row) => key(row) === page.cursor?.[0]);
  if (position === -1) {
    const message = 'What it pointed at is no longer in this list.';
    throw InvalidInput.at(page.backward ? 'before' : 'after', message, 'start from the beginning');
  }
  const [start, end] = page.backward
    ? [Math.max(0, (position ?? rows.length) - page.size), position ?? rows.length]
    : [(position ?? -1) + 1, Math.min(rows.length, (position ?? -1) + 1 + page.size)];
  const place = (row: Row) => cursorOf(list, [key(row)]);
  const edges = rows.slice(start, end).map((node) => new PlacedRow(node, place));
  const more = { hasPreviousPage: start > 0, hasNextPage: end < rows.length };
  return { edges, pageInfo: pageInfo(edges, more), totalCount: () => rows.length };
}

/** Its cursor is made when it is asked for: most pages show the first and the last one alone. */
class PlacedRow<Row> implements Edge<Row> {
  readonly node: Row;
  readonly #place: (row: Row) => string;

  constructor(node: Row, place: (row: Row) => string) {
    this.node = node;
    this.#place = place;
  }

  get cursor(): string {
    return this.#place(this.node);
  }
}

/** One direction of a table: what to sort by and how to go on from a key. */
export interface Keyset<Row, Where, OrderBy> {
  /** The parts of the row's place, the last one unique. */
  key(row: Row): readonly string[];
  /** Rows beyond the key: those that follow it in the list, or, backward, those that precede it. */
  beyond(key: readonly string[], backward: boolean): Where;
  orderBy(backward: boolean): OrderBy;
}

/**
 * A page of a table, by key and never by offset: one row more than asked for tells of the page
 * beyond, and one look past the cursor tells of the page before.
 */
export async function tablePage<Row, Where, OrderBy>(options: {
  list: string;
  args: PageArgs;
  keyset: Keyset<NoInfer<Row>, Where, OrderBy>;
  find(where: Where | null, orderBy: OrderBy, take: number): Promise<Row[]>;
  count(): Promise<number>;
}): Promise<Connection<Row>> {
  const { list, keyset, find } = options;
  const page = readPage(list, options.args);
  const ahead = page.cursor && keyset.beyond(page.cursor, page.backward);
  const found = await find(ahead, keyset.orderBy(page.backward), page.size + 1);
  const rows = found.slice(0, page.size);
  const behind = page.cursor !== null && (await anyBehind(rows[0], page, options));
  if (page.backward) rows.reverse();
  const edges = rows.map((node) => ({ cursor: cursorOf(list, keyset.key(node)), node }));
  const [further, earlier] = [found.length > page.size, behind];
  const more = page.backward
    ? { hasPreviousPage: further, hasNextPage: earlier }
    : { hasPreviousPage: earlier, hasNextPage: further };
  return { edges, pageInfo: pageInfo(edges, more), totalCount: options.count };
}

async function anyBehind<Row, Where, OrderBy>(
  nearest: Row | undefined,
  page: Page,
  options: {
    keyset: Keyset<Row, Where, OrderBy>;
    find(where: Where | null, orderBy: OrderBy, take: number): Promise<Row[]>;
  },
): Promise<boolean> {
  const { keyset, find } = options;
  if (!nearest) return (await find(null, keyset.orderBy(page.backward), 1)).length > 0;
  const where = keyset.beyond(keyset.key(nearest), !page.backward);
  return (await find(where, keyset.orderBy(!page.backward), 1)).length > 0;
}

function pageInfo(
  edges: readonly { cursor: string }[],
  more: { hasNextPage: boolean; hasPreviousPage: boolean },
): PageInfo {
  return {
    ...more,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
}

/** The id itself when it is one of this kind; INVALID_INPUT naming the argument when it is not. */
export function idOf(kind: IdKind, id: string, path: string): string {
  if (isId(kind, id)) return id;
  const accepted = `an id that starts with ${idPrefixes[kind]}_`;
  throw InvalidInput.at(path, 'This is not an id of the right kind.', accepted);
}
