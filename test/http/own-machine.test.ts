import { describe, expect, it } from 'vitest';
import { isOwners } from '../../src/http/own-machine.ts';

const asks = (headers: Record<string, string>) => isOwners((name) => headers[name]);

describe('the owner of the machine is who asks', () => {
  it('when it is asked for by a name of the machine', () => {
    for (const host of ['127.0.0.1:4000', 'localhost', 'LOCALHOST:1', '[::1]:4000', '127.1.2.3']) {
      expect([host, asks({ host })]).toEqual([host, true]);
    }
  });

  it('and not by any other, which a page of somebody else may have', () => {
    const others = ['evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example', ''];
    for (const host of others) expect([host, asks({ host })]).toEqual([host, false]);
    expect(asks({})).toBe(false);
  });

  it('and not through a proxy, which passes on what others ask for', () => {
    for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']) {
      expect([name, asks({ host: 'localhost', [name]: 'x' })]).toEqual([name, false]);
    }
  });

  it('and not a script of a page, which may read the answer whatever page it is', () => {
    expect(asks({ host: 'localhost', origin: 'https://evil.example' })).toBe(false);
    expect(asks({ host: 'localhost', origin: 'null' })).toBe(false);
  });
});
