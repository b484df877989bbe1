import { expect, test } from 'vitest';
import { fromRow } from '../../src/completions/history/stored.ts';
import { journalRecord } from '../../src/credits/journal/journal-record.ts';
import { recordOf } from '../credits/node.ts';

type Row = Parameters<typeof fromRow>[0];

test('lines and attempts are read as they were recorded, with what their rows leave out', () => {
  const attempt = {
    endpointId: 'end_1',
    providerKeyId: null,
    startedAt: '2026-01-15T12:00:00.000Z',
    durationMs: 0,
    outcome: 'FAILED',
    streamed: false,
    timeToFirstTokenMs: null,
    httpStatus: null,
    message: null,
  } as const;
  const fee = { kind: 'FEE', quantity: 1, unitPrice: 5n, amount: 0n, endpointId: null } as const;
  const record = recordOf('cmp_1', 'org_1', 3, { attempts: [attempt] });
  const lines = [...record.lines, fee];
  const row = JSON.parse(journalRecord({ ...record, lines }, 'acc_1', []));
  expect(Object.values(row.attempts[0])).not.toContain(null);
  expect(Object.values(row.attempts[0])).not.toContain(false);
  expect(fromRow(row as Row)).toMatchObject({ lines, attempts: [attempt] });
});
