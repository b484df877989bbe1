import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type CanonicalFields, canonicalText, linkHash } from '../../src/audit/canonical.ts';

const event: CanonicalFields = {
  chain: 'org_1',
  id: 'aud_1',
  at: new Date('2026-11-23T10:00:00.120Z'),
  actor: 'usr_1',
  action: 'apiKey.created',
  subject: 'key_1',
  address: null,
  userAgent: null,
  details: { name: 'ci', limits: { b: 2, a: [1, null] } },
};

describe('the text that is hashed', () => {
  test('is this, to the letter', () => {
    expect(canonicalText(event)).toBe(
      '["org_1","aud_1","2026-11-23T10:00:00.120Z","usr_1","apiKey.created","key_1",null,' +
        '{"limits":{"a":[1,null],"b":2},"name":"ci"}]',
    );
  });

  test('does not depend on the order in which names come back', () => {
    const details = { limits: { a: [1, null], b: 2 }, name: 'ci' };
    expect(canonicalText({ ...event, details })).toBe(canonicalText(event));
  });

  test('changes with every field', () => {
    const changes: Partial<CanonicalFields>[] = [
      { chain: 'org_2' },
      { id: 'aud_2' },
      { at: new Date('2026-11-23T10:00:00.121Z') },
      { actor: 'usr_2' },
      { action: 'apiKey.revoked' },
      { subject: 'key_2' },
      { address: '::1' },
      { userAgent: 'curl/8' },
      { details: {} },
    ];
    const texts = changes.map((change) => canonicalText({ ...event, ...change }));
    expect(new Set([canonicalText(event), ...texts]).size).toBe(changes.length + 1);
  });
});

test('a hash continues from its predecessor’s', () => {
  const expected = createHash('sha256').update('abc\ntext').digest('hex');
  expect(linkHash('abc', 'text')).toBe(expected);
});
