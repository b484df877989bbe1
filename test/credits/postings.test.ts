import { expect, test } from 'vitest';
import { silentLog } from '#kernel';
import { EmbeddedJournal } from '../../src/credits/journal/embedded-journal.ts';
import type { Batch } from '../../src/credits/journal/journal.ts';
import type { JournalFile } from '../../src/credits/journal/journal-file.ts';
import { TableJournal } from '../../src/credits/journal/table-journal.ts';
import type { Statements } from '../../src/credits/ledger/statements.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const batch = (n: number): Batch => {
  const ended = [{ session: 1, leases: [], charge: 1n, record: '{}' }];
  return { session: 1, n, ended, records: '[{}]', segment: null };
};

const file = { write: async () => ({}) } as unknown as JournalFile;

/** A journal in front of a database that answers a posting when `meanwhile` has happened. */
function journalIn(
  place: string,
  meanwhile: () => Promise<void>,
  whileAppending: () => void = () => undefined,
) {
  const posted: number[] = [];
  let postings = 0;
  let rows: number[] = [];
  const statements = {
    async append(_: number, appended: readonly Batch[]) {
      rows.push(...appended.map(({ n }) => n));
      await null;
      whileAppending();
    },
    async postJournal() {
      postings++;
      rows = [];
      await meanwhile();
      return { quarantined: 0, next: Math.min(...rows) };
    },
    async post() {
      postings++;
      await meanwhile();
      return 0;
    },
  } as unknown as Statements;
  const options = {
    statements,
    log: silentLog,
    session: () => 1,
    sessionGone: () => undefined,
    posted: ({ n }: Batch) => void posted.push(n),
    setAside: () => undefined,
  };
  const journal =
    place === 'table'
      ? new TableJournal({ ...options, file: null, kept: null, clock: virtualClock() })
      : new EmbeddedJournal({ ...options, file });
  return { journal, seen: () => ({ postings, posted }) };
}

test.each(['table', 'file'])(
  'what becomes safe while the journal in a %s is posted waits for the next posting',
  async (place) => {
    let n = 2;
    const { journal, seen } = journalIn(place, async () => {
      if (n < 3) await journal.write(batch(++n));
    });
    await Promise.all([journal.write(batch(1)), journal.write(batch(2))]);
    await journal.post();
    expect(seen()).toEqual({ postings: 1, posted: [1, 2] });
    await journal.post();
    expect(seen()).toEqual({ postings: 2, posted: [1, 2, 3] });
  },
);

test('a database so slow that something always waits is posted to all the same', async () => {
  let n = 2;
  const { journal, seen } = journalIn(
    'table',
    async () => undefined,
    () => {
      if (n < 100) void journal.write(batch(++n));
    },
  );
  await Promise.all([journal.write(batch(1)), journal.write(batch(2))]);
  await journal.post();
  expect(n).toBeLessThan(10);
  expect(seen().posted).toContain(2);
});
