import { expect, it } from 'vitest';
import { newestFirst } from '../../schema/rows/newest-first.ts';
import { newestNumber } from '../../schema/rows/newest-number.ts';

const refused = expect.objectContaining({ code: 'INVALID_INPUT' });

it.each(['', '1e400', '-1', '1;x', '9223372036854775808', '9'.repeat(30)])(
  'a cursor whose number is %j is refused in words, not by the database',
  (text) => {
    expect(() => newestNumber('number').beyond([text], false)).toThrow(refused);
  },
);

it.each([
  '',
  'yesterday',
  '0000-12-31T23:59:59.999Z',
  '-271821-04-20T00:00:00.000Z',
  '+275760-09-13T00:00:00.000Z',
])('a cursor whose time is %j is refused in words, not by the database', (text) => {
  expect(() => newestFirst('createdAt').beyond([text, 'key_1'], true)).toThrow(refused);
});
