import { describe, expect, test } from 'vitest';
import { Fault } from '#kernel';
import { asFault, isLockTimeout, isOutage } from '#storage';

const withCode = (code: string) => Object.assign(new Error('as the driver says it'), { code });

describe('an outage', () => {
  test.each([
    '08006',
    '57P01',
    '57P03',
    '53300',
    '55000',
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOENT',
    'P1001',
  ])('is what the code %s means', (code) => {
    expect(isOutage(withCode(code))).toBe(true);
  });

  const incapable = ['25006', '53100', '57014', '58030', '55P03', '40P01', 'P2028'];

  test.each([...incapable, '23505', '22012', 'P2002', 'P2025'])(
    'is not what the code %s means: the database answered',
    (code) => {
      expect(isOutage(withCode(code))).toBe(false);
    },
  );

  test.each(['Connection terminated unexpectedly', 'Query read timeout'])(
    'is what the driver says with "%s"',
    (message) => {
      expect(isOutage(new Error(message))).toBe(true);
    },
  );

  test('is seen behind the error that another layer made of it', () => {
    expect(isOutage(new Error('in a transaction', { cause: withCode('ECONNRESET') }))).toBe(true);
    expect(isOutage('ECONNRESET')).toBe(false);
  });

  test('and a row that others have for too long are told apart, as a fault too', () => {
    expect(isLockTimeout(asFault(withCode('55P03')))).toBe(true);
    expect(isLockTimeout(asFault(withCode('57014')))).toBe(false);
  });

  test('becomes a fault that may be tried again; all else stays what it is', () => {
    expect(asFault(withCode('ECONNREFUSED'))).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    for (const code of incapable) {
      expect(asFault(withCode(code))).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      const prismas = new Error(`Raw query failed. Code: \`${code}\`. Message: \`x\``);
      expect(asFault(prismas)).toMatchObject({ code: 'UNAVAILABLE' });
    }
    const duplicate = withCode('23505');
    expect(asFault(duplicate)).toBe(duplicate);
    const upstream = new Fault('UPSTREAM_FAILED', { public: 'x', cause: withCode('ECONNRESET') });
    expect(asFault(upstream)).toBe(upstream);
  });
});
