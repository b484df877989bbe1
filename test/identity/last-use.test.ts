import { expect, test } from 'vitest';
import { LastUse } from '../../src/identity/keys/last-use.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

type Written = [ids: string[], times: string[]];

function open() {
  const clock = virtualClock(Date.parse('2026-11-23T10:00:00Z'));
  const log = recordingLog();
  const written: Written[] = [];
  const database = { down: false };
  const lastUse = new LastUse({
    clock,
    log,
    query: async (_sql, parameters) => {
      if (database.down) throw new TypeError('no database');
      written.push(parameters as unknown as Written); // the two arrays of its one statement
      return [];
    },
  });
  return { clock, log, written, database, lastUse };
}

test('the last uses of all keys are written together, ten seconds later at most', async () => {
  const { clock, written, lastUse } = open();
  lastUse.note('key_1');
  await clock.advance(4_000);
  lastUse.note('key_2');
  expect(written).toEqual([]);
  await clock.advance(6_000);
  const times = ['2026-11-23T10:00:00.000Z', '2026-11-23T10:00:04.000Z'];
  expect(written).toEqual([[['key_1', 'key_2'], times]]);
});

test('a key in constant use is written once a minute', async () => {
  const { clock, written, lastUse } = open();
  for (let second = 0; second < 135; second++) {
    lastUse.note('key_1');
    await clock.advance(1_000);
  }
  expect(written.map(([, times]) => times[0]?.slice(11, 19))).toEqual([
    '10:00:00',
    '10:01:00',
    '10:02:00',
  ]);
});

test('what could not be written is written later, and an operator is told', async () => {
  const { clock, log, written, database, lastUse } = open();
  database.down = true;
  lastUse.note('key_1');
  await clock.advance(10_000);
  database.down = false;
  await clock.advance(10_000);
  expect(written).toEqual([[['key_1'], ['2026-11-23T10:00:00.000Z']]]);
  expect(log.lines.map(({ level, fields }) => [level, fields.count])).toEqual([['warn', 1]]);
});

test('closing writes what is pending and leaves no timer behind', async () => {
  const { clock, written, lastUse } = open();
  lastUse.note('key_1');
  await lastUse.close();
  expect([written.length, clock.pending]).toEqual([1, 0]);
});
