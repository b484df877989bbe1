import { greatest, invariant, type Log, oneAtATime } from '#kernel';
import type { Prisma, PrismaClient } from './generated/prisma/client.ts';
import { asFault } from './outage.ts';

/** A transaction of `write`. */
export type Transaction = Prisma.TransactionClient & {
  /**
   * Notes that something changed which nodes keep in memory. `topic` says who cares (`identity`),
   * `subject` which one (an id); the subject `*` is everything. Published only if the transaction
   * commits.
   */
  change(topic: string, subject: string): void;
};

/**
 * Runs after a change of its topic, here or on another node; reads anew what it keeps of the
 * subjects. It must not wait for `write` or `read`, which wait for it.
 */
export type Apply = (subjects: readonly string[]) => Promise<void>;

export interface WriteOptions {
  /** How long the transaction may take; 10 seconds by default. */
  readonly timeoutMs?: number;
}

const usualTimeoutMs = 10_000;

/** What changed in the database, told to those who keep a copy in memory. */
export interface Changes {
  /** `apply` may be called twice for one change and is never called at the same time as another. */
  on(topic: string, apply: Apply): void;
  /**
   * Applies everything that committed before the call and was not applied here; resolves with the
   * number up to which this node is then up to date. When an `apply` fails it rejects, and the next
   * read begins with the same change.
   */
  read(): Promise<bigint>;
  /** Is told the number of each transaction of this node, once it has committed: for the bus. */
  onCommit(listener: (number: bigint) => void): void;
  /** The last change applied here. */
  readonly applied: bigint;
}

interface Noted {
  topic: string;
  subject: string;
}

interface Change extends Noted {
  number: bigint;
}

/** Numbers and reads changes; see `Changes` for what rooms may do with it. */
export class ChangeLog implements Changes {
  readonly read = oneAtATime(() => this.#readOnce());
  readonly #prisma: PrismaClient;
  readonly #log: Log;
  readonly #appliers = new Map<string, Apply[]>();
  readonly #listeners: ((number: bigint) => void)[] = [];
  #applied: bigint;

  /** Whoever reads its state after this begins with the present, so only later changes matter. */
  static async open(prisma: PrismaClient, log: Log): Promise<ChangeLog> {
    const head = await prisma.changeHead.findUniqueOrThrow({ where: { id: 1 } });
    return new ChangeLog(prisma, log, head.number);
  }

  private constructor(prisma: PrismaClient, log: Log, applied: bigint) {
    this.#prisma = prisma;
    this.#log = log;
    this.#applied = applied;
  }

  get applied(): bigint {
    return this.#applied;
  }

  on(topic: string, apply: Apply): void {
    this.#appliers.set(topic, [...(this.#appliers.get(topic) ?? []), apply]);
  }

  onCommit(listener: (number: bigint) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * One transaction; resolves once its own changes are applied here, so that who wrote reads what
   * it wrote. After the commit nothing can make it fail: an `apply` that does is logged and tried
   * again with the next read.
   */
  async write<T>(
    act: (tx: Transaction) => Promise<T>,
    { timeoutMs = usualTimeoutMs }: WriteOptions = {},
  ): Promise<T> {
    const committed = this.#prisma.$transaction(
      async (client) => {
        const noted = new Map<string, Noted>();
        const change = (topic: string, subject: string) =>
          void noted.set(`${topic}\n${subject}`, { topic, subject });
        const result = await act(withChange(client, change));
        return { result, number: await numberChanges(client, [...noted.values()]) };
      },
      { maxWait: 5_000, timeout: timeoutMs },
    );
    const { result, number } = await committed.catch((error) => {
      throw asFault(error);
    });
    if (number !== null) await this.#committed(number);
    return result;
  }

  /** Forgets changes older than a day: who was away for longer reads everything anew. */
  async prune(): Promise<void> {
    await this.#prisma.$executeRaw`DELETE FROM change WHERE at < now() - interval '1 day'`;
  }

  async #committed(number: bigint): Promise<void> {
    try {
      for (const listener of this.#listeners) listener(number);
      await this.read();
    } catch (error) {
      this.#log.error('a committed change could not be applied here yet', { error });
    }
  }

  async #readOnce(): Promise<bigint> {
    const { head, changes } = await changesAfter(this.#prisma, this.#applied);
    const setBack = head < this.#applied;
    if (setBack || BigInt(changes.length) < head - this.#applied) await this.#applyAll();
    else await this.#applyInOrder(changes);
    this.#applied = head;
    return head;
  }

  /** Neighbours in number with one topic go to its appliers together. */
  async #applyInOrder(changes: readonly Change[]): Promise<void> {
    for (let index = 0; index < changes.length; ) {
      const topic = changes[index]?.topic ?? '';
      const subjects: string[] = [];
      let last = this.#applied;
      for (; changes[index]?.topic === topic; index++) {
        const change = changes[index] as Change;
        subjects.push(change.subject);
        last = change.number;
      }
      await this.#apply(topic, subjects);
      this.#applied = last;
    }
  }

  /**
   * Every number has a row for a day, so one that lacks was pruned: what it said is not known any
   * more. And a head that was set back is that of a replica that took over without the last
   * commits: what they said is not so, and their numbers are given again.
   */
  async #applyAll(): Promise<void> {
    for (const topic of this.#appliers.keys()) await this.#apply(topic, ['*']);
  }

  async #apply(topic: string, subjects: readonly string[]): Promise<void> {
    for (const apply of this.#appliers.get(topic) ?? []) await apply(subjects);
  }
}

/** A proxy, because Prisma's transaction client is one itself and takes no property of others. */
function withChange(
  client: Prisma.TransactionClient,
  change: (topic: string, subject: string) => void,
): Transaction {
  return new Proxy(client, {
    get: (target, name) => (name === 'change' ? change : Reflect.get(target, name)),
  }) as Transaction;
}

/**
 * The last act of a transaction: takes the next numbers from the one row that holds them. Its lock
 * is held until the commit, so the order of numbers is the order of commits and who has seen 11 has
 * seen 10. A sequence cannot promise that: 11 may commit before 10, and a reader that went on from
 * 11 would never see a revocation in 10.
 */
async function numberChanges(
  client: Prisma.TransactionClient,
  noted: readonly Noted[],
): Promise<bigint | null> {
  if (noted.length === 0) return null;
  const topics = noted.map(({ topic }) => topic);
  const subjects = noted.map(({ subject }) => subject);
  const rows = await client.$queryRaw<{ number: bigint }[]>`
    WITH head AS (
      UPDATE change_head SET number = number + ${noted.length} WHERE id = 1 RETURNING number
    )
    INSERT INTO change (number, topic, subject)
    SELECT head.number - ${noted.length} + noted.place, noted.topic, noted.subject
    FROM head, unnest(${topics}::text[], ${subjects}::text[])
      WITH ORDINALITY AS noted (topic, subject, place)
    RETURNING number`;
  invariant(rows.length === noted.length, 'every change of a transaction has a number');
  return rows.map(({ number }) => number).reduce(greatest, 0n);
}

/** One statement, hence one snapshot: the head and all rows up to it. */
async function changesAfter(prisma: PrismaClient, after: bigint) {
  const rows = await prisma.$queryRaw<
    { head: bigint; number: bigint | null; topic: string; subject: string }[]
  >`SELECT head.number AS head, change.number, change.topic, change.subject
    FROM change_head head LEFT JOIN change ON change.number > ${after}
    WHERE head.id = 1 ORDER BY change.number`;
  const head = rows[0]?.head ?? after;
  return { head, changes: rows.filter((row): row is typeof row & Change => row.number !== null) };
}
