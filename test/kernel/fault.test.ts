import { describe, expect, it } from 'vitest';
import { Fault, InvalidInput, InvariantViolation, invariant } from '#kernel';

describe('a fault', () => {
  it('has a code for programs, a sentence for callers and a text for operators', () => {
    const cause = new RangeError('below');
    const fault = new Fault('CONFLICT', { public: 'Taken.', internal: 'key 7 exists', cause });
    expect(fault).toMatchObject({ code: 'CONFLICT', public: 'Taken.', internal: 'key 7 exists' });
    expect(fault.message).toBe('key 7 exists');
    expect(fault.cause).toBe(cause);
    expect(new Fault('CONFLICT', { public: 'Taken.' }).message).toBe('Taken.');
  });

  it('may be tried again when its code or a time says so, unless told otherwise', () => {
    const retryable = (...words: ConstructorParameters<typeof Fault>) =>
      new Fault(...words).retryable;
    expect(retryable('UNAVAILABLE', { public: '' })).toBe(true);
    expect(retryable('UNAVAILABLE', { public: '', retryable: false })).toBe(false);
    expect(retryable('CONFLICT', { public: '' })).toBe(false);
    expect(retryable('CONFLICT', { public: '', retryAfterMs: 0 })).toBe(true);
    expect(retryable('INSUFFICIENT_CREDITS', { public: '' })).toBe(false);
  });

  it('that already is one stays itself', () => {
    const fault = new InvalidInput([]);
    expect(Fault.from(fault)).toBe(fault);
  });

  it.each([
    ['an error', new Error('password is hunter2')],
    ['a text', 'password is hunter2'],
  ])('made of %s tells callers nothing of it', (_, thrown) => {
    const fault = Fault.from(thrown);
    expect(fault.code).toBe('INTERNAL');
    expect(fault.public).not.toContain('hunter2');
    expect(fault.internal).toBe('password is hunter2');
    expect(fault.cause).toBe(thrown);
  });
});

describe('invalid input', () => {
  it('names every field with what is wrong and what is accepted', () => {
    const fault = new InvalidInput([
      { path: 'input.a', message: 'Too long.', accepted: 'at most 5 characters' },
      { path: 'input.b', message: 'Missing.' },
    ]);
    expect(fault.public).toBe(
      'input.a: Too long. Accepted: at most 5 characters. input.b: Missing.',
    );
    expect(fault).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
  });

  it('of one field is made in one go', () => {
    expect(InvalidInput.at('input.a', 'Too long.', 'less').issues).toEqual([
      { path: 'input.a', message: 'Too long.', accepted: 'less' },
    ]);
    expect(InvalidInput.at('input.a', 'Too long.').issues).toEqual([
      { path: 'input.a', message: 'Too long.' },
    ]);
    expect(new InvalidInput([]).public).toBe('The input is invalid.');
  });
});

it.each([
  ['a word', 'a'.repeat(100_000), /^There is no "a+… Look\.$/],
  ['many words', 'ab '.repeat(30_000), /^There is no "(?:ab )+.? ?\[…\] .*(?:ab )+"\. Look\.$/],
])('a sentence with more of the input than anybody reads is shortened: %s', (_, given, shown) => {
  const fault = new Fault('NOT_FOUND', { public: `There is no "${given}". Look.` });
  expect(fault.public).toMatch(shown);
  expect(fault.public.length).toBeLessThan(5_000);
});

it('an invariant that holds is silent; one that does not names the broken promise', () => {
  expect(() => invariant(1, 'one')).not.toThrow();
  expect(() => invariant(0, 'a hold ends once')).toThrow(
    new InvariantViolation('a hold ends once'),
  );
});
