import { expect, it } from 'vitest';
import { Fault, InvalidInput, positive, together } from '#kernel';
import { reasoned } from '../../schema/credits/reasoned.ts';

it('an input is read whole: one refusal names every field that is wrong', () => {
  const read = () =>
    together({ amount: () => positive('-1'), ...reasoned({ reason: ' ', idempotencyKey: '' }) });
  expect(read).toThrow(InvalidInput);
  try {
    read();
  } catch (thrown) {
    const { issues } = thrown as InvalidInput;
    const paths = issues.map(({ path }) => path);
    expect(paths).toEqual(['input.amount', 'input.reason', 'input.idempotencyKey']);
  }
});

it.each(['a\0gift', 'a \ud83d gift', 'x'.repeat(501)])(
  'a reason that cannot be kept is refused before money moves: %j',
  (reason) => {
    const given = reasoned({ reason, idempotencyKey: 'once' });
    expect(() => together({ ...given })).toThrow('input.reason');
  },
);

it('what is right is given under its name', () => {
  const given = reasoned({ reason: 'a gift', idempotencyKey: 'once' });
  expect(together({ amount: () => positive('1'), ...given })).toEqual({
    amount: 1_000_000_000_000n,
    reason: 'a gift',
    key: 'once',
  });
});

it('a fault that is none of the input is thrown as it is', () => {
  const broken = () => {
    throw new Fault('UNAVAILABLE', { public: 'Later.' });
  };
  expect(() => together({ amount: () => positive('-1'), broken })).toThrow('Later.');
});
