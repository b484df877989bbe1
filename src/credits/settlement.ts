import type { Clock, Log, Timer } from '#kernel';
import type { Batch, Ended, Journal } from './journal.ts';
import { journalBatch } from './journal-record.ts';

/** The first record is written at once, those that follow within this time together. */
const gatherMs = 3;
const postEveryMs = 50;
const postAtRecords = 100;
const retryMs = 250;

export interface Settlement {
  /** Resolves once the record is durable. */
  add(ended: Ended): Promise<void>;
  /** Everything that was added before is in the ledger when this resolves. */
  flush(): Promise<void>;
  /** As `flush`, for what is durable already. */
  post(): Promise<void>;
  /** Runs `step` while nothing is being posted from here. */
  undisturbed<T>(step: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Waiting {
  readonly ended: Ended;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Gathers ended completions into batches, has them made durable, and posts behind. */
export function openSettlement(options: {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}): Settlement {
  const { journal, clock, log } = options;
  let gathered: Waiting[] = [];
  let gathering = false;
  let lastWriteMs = Number.NEGATIVE_INFINITY;
  let made = 0;
  let unposted = 0;
  let timer: Timer | null = null;
  let lane: Promise<unknown> = Promise.resolve();
  const writing = new Set<Promise<void>>();

  const undisturbed = <T>(step: () => Promise<T>): Promise<T> => {
    const result = lane.then(step);
    lane = result.catch(() => undefined);
    return result;
  };

  const postAll = () =>
    undisturbed(async () => {
      const posting = unposted;
      await journal.post();
      unposted -= posting;
    });

  const postSoon = (delayMs: number) => {
    timer ??= clock.after(delayMs, () => {
      timer = null;
      postAll().catch((thrown) => {
        log.warn('Charges wait for the ledger; they are safe in the journal.', { error: thrown });
        postSoon(retryMs);
      });
    });
  };

  const writeBatch = async (members: readonly Waiting[], session: number) => {
    const ended = members.map((member) => member.ended);
    const records = journalBatch(ended.map(({ record }) => record));
    const batch: Batch = { session, n: ++made, ended, records, segment: null };
    try {
      await journal.write(batch);
      for (const { resolve } of members) resolve();
      unposted += members.length;
      if (unposted >= postAtRecords) {
        timer?.cancel();
        timer = null;
      }
      postSoon(unposted >= postAtRecords ? 0 : postEveryMs);
    } catch (thrown) {
      for (const { reject } of members) reject(thrown);
    }
  };

  const writeGathered = () => {
    gathering = false;
    lastWriteMs = clock.monotonic();
    const members = gathered;
    gathered = [];
    for (const session of new Set(members.map(({ ended }) => ended.session))) {
      const own = members.filter(({ ended }) => ended.session === session);
      const write = writeBatch(own, session).finally(() => writing.delete(write));
      writing.add(write);
    }
  };

  const gather = () => {
    if (gathering) return;
    gathering = true;
    const waitMs = gatherMs - (clock.monotonic() - lastWriteMs);
    if (waitMs <= 0) queueMicrotask(writeGathered);
    else clock.after(waitMs, writeGathered);
  };

  const flush = async () => {
    if (gathered.length > 0) writeGathered();
    await Promise.all(writing);
    await postAll();
  };

  return {
    add: (ended) =>
      new Promise((resolve, reject) => {
        gathered.push({ ended, resolve, reject });
        gather();
      }),
    flush,
    post: postAll,
    undisturbed,
    async close() {
      timer?.cancel();
      await flush();
    },
  };
}
