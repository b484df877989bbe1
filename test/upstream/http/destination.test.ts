import { describe, expect, it } from 'vitest';
import { destinationOf, headOfPost } from '../../../src/upstream/http/destination.ts';

const headOf = (address: string, headers: Record<string, string>, body = '{}') =>
  headOfPost(destinationOf(new URL(address)), headers, body);
const linesOf = (...given: Parameters<typeof headOf>) => headOf(...given).split('\r\n');

describe('the head of a request', () => {
  it('is that of a POST to the path, and ends in a blank line', () => {
    expect(headOf('https://api.example/v1/chat?a=b', { accept: 'text/plain' })).toBe(
      'POST /v1/chat?a=b HTTP/1.1\r\nhost: api.example\r\nconnection: keep-alive\r\n' +
        'content-length: 2\r\naccept: text/plain\r\n\r\n',
    );
  });

  it('names the host as the address does, with a port that is not the usual one', () => {
    expect(linesOf('https://api.example:443/v1', {})).toContain('host: api.example');
    expect(linesOf('http://[::1]:8080/v1', {})).toContain('host: [::1]:8080');
  });

  it('counts the bytes of the body, not its characters', () => {
    expect(linesOf('https://api.example/', {}, '"é€"')).toContain('content-length: 7');
  });

  it('holds the credential of the address, unless another is given', () => {
    const address = 'https://one:two@api.example/';
    const own = `authorization: Basic ${Buffer.from('one:two').toString('base64')}`;
    expect(linesOf(address, {})).toContain(own);
    const given = linesOf(address, { authorization: 'Bearer three' });
    expect(given).toContain('authorization: Bearer three');
    expect(given).not.toContain(own);
  });

  it('holds no header that would end its line', () => {
    expect(() => headOf('https://api.example/', { authorization: 'a\r\nhost: b' })).toThrow(
      'Invalid character in header content',
    );
  });
});

describe('a destination', () => {
  it('has the host without brackets, and the usual port of its scheme', () => {
    const { host, port, secure } = destinationOf(new URL('https://[::1]/'));
    expect([host, port, secure]).toEqual(['::1', 443, true]);
    expect(destinationOf(new URL('http://api.example/')).port).toBe(80);
  });
});
