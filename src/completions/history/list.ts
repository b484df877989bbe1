import { binder, type CompletionFilter, conditionsOf, idFloor } from '#credits';
import { completionsSeenBy, type Principal } from '#identity';
import type { Completion } from '../completion.ts';
import type { Rooms } from '../rooms.ts';
import { fromRow } from './stored.ts';

/** Which ended completions of an organization. */
export interface CompletionsQuestion {
  readonly organizationId: string;
  readonly filter: CompletionFilter;
  /** When they were asked for; null: from the first, to the last. */
  readonly since: Date | null;
  /** Exclusive. */
  readonly until: Date | null;
}

export interface CompletionsSlice {
  /** Older than this id, or younger when walking backward; null: from the end of the list. */
  readonly beyond: string | null;
  readonly backward: boolean;
  readonly take: number;
}

type Reading = Pick<Rooms, 'credits' | 'storage'>;

/** A slice of them, newest first (backward: oldest first), exact to the last posting. */
export async function listStored(
  principal: Principal,
  { question, slice }: { question: CompletionsQuestion; slice: CompletionsSlice },
  { credits, storage }: Reading,
): Promise<Completion[]> {
  await credits.flush();
  const { bind, parameters } = binder();
  const { beyond, backward, take } = slice;
  const place = beyond === null ? '' : ` AND id ${backward ? '>' : '<'} ${bind(beyond)}`;
  const order = backward ? 'ASC' : 'DESC';
  const sql = `SELECT id FROM completion WHERE ${conditions(question, bind)}${place}
    ORDER BY id ${order} LIMIT ${bind(take)}`;
  const ids = (await storage.query<{ id: string }>(sql, parameters)).map(({ id }) => id);
  const rows = await storage.prisma.completion.findMany({
    where: { AND: [completionsSeenBy(principal), { id: { in: ids } }] },
    orderBy: { id: backward ? 'asc' : 'desc' },
  });
  return rows.map(fromRow);
}

/** How many there are, counted up to `most`. */
export async function countStored(
  question: CompletionsQuestion,
  most: number,
  { storage }: Pick<Rooms, 'storage'>,
): Promise<number> {
  const { bind, parameters } = binder();
  const counted = `SELECT FROM completion WHERE ${conditions(question, bind)} LIMIT ${bind(most)}`;
  const sql = `SELECT count(*) AS count FROM (${counted}) counted`;
  const [row] = await storage.query<{ count: bigint }>(sql, parameters);
  return Number(row?.count ?? 0);
}

function conditions(
  { organizationId, filter, since, until }: CompletionsQuestion,
  bind: (value: unknown) => string,
): string {
  return [
    `organization_id = ${bind(organizationId)}`,
    ...(since ? [` AND id >= ${idFloor(since, bind)}`] : []),
    ...(until ? [` AND id < ${idFloor(until, bind)}`] : []),
    conditionsOf(filter, bind),
  ].join('');
}
