import { expect, test } from 'vitest';
import { journalBatch, journalRecord } from '../../src/credits/journal/journal-record.ts';
import { binder, conditionsOf } from '../../src/credits/usage/completion-filter.ts';
import { recordOf } from './node.ts';

test('amounts are strings, and the allowances are those of the admission', () => {
  const record = recordOf('cmp_1', 'org_1', 3);
  const json = JSON.parse(journalRecord(record, 'acc_1', [{ kind: 'ALLOWANCE', target: 'alw_1' }]));
  expect(json).toMatchObject({
    completion: 'cmp_1',
    account: 'acc_1',
    charged: '3000000000000',
    promptTokens: 3,
    allowances: [{ id: 'alw_1' }],
  });
});

test('what the database refuses in a text is replaced, in names too, and nothing else is', () => {
  const metadata = { 'a\0b': 'half \ud800 pair', plain: 'the text \\u0000 and 😀' };
  const record = recordOf('cmp_1', 'org_1', 3, { metadata });
  const json = JSON.parse(journalBatch([journalRecord(record, 'acc_1', [])]))[0];
  expect(json.metadata).toEqual({
    'a\ufffdb': 'half \ufffd pair',
    plain: 'the text \\u0000 and 😀',
  });
});

test('a filter looks for metadata as they were kept', () => {
  const metadata = { 'a\0b': 'half \ud800 pair' };
  const { bind, parameters } = binder();
  expect(conditionsOf({ metadata }, bind)).toBe(' AND metadata @> $1::jsonb');
  expect(JSON.parse(String(parameters[0]))).toEqual({ 'a\ufffdb': 'half \ufffd pair' });
});
