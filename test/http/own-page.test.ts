import { describe, expect, it } from 'vitest';
import { isOwnPage } from '../../src/http/graphql/own-page.ts';

const asked = (headers: Record<string, string>) => isOwnPage({ headers: new Headers(headers) });

describe('a page is for the owner of the machine alone', () => {
  it('when it is asked for by a name of the machine', () => {
    for (const host of ['127.0.0.1:4000', 'localhost', 'LOCALHOST:1', '[::1]:4000', '127.1.2.3']) {
      expect([host, asked({ host })]).toEqual([host, true]);
    }
  });

  it('and not by any other, which a page of somebody else may have', () => {
    const others = ['evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example', ''];
    for (const host of others) expect([host, asked({ host })]).toEqual([host, false]);
    expect(asked({})).toBe(false);
  });

  it('and not through a proxy, which passes on what others ask for', () => {
    for (const name of ['Forwarded', 'Via', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP']) {
      expect([name, asked({ host: 'localhost', [name]: 'x' })]).toEqual([name, false]);
    }
  });
});
