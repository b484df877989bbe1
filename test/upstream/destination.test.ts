import { describe, expect, it } from 'vitest';
import { destinationOf, headLines } from '../../src/upstream/destination.ts';

const lines = (address: string, headers: Record<string, string>, body = '{}') =>
  headLines(destinationOf(new URL(address)), headers, body);

describe('the head of a request', () => {
  it('names the host as the address does, with a port that is not the usual one', () => {
    expect(lines('https://api.example/v1', {})).toEqual([
      ...['host', 'api.example'],
      ...['content-length', '2'],
    ]);
    expect(lines('http://[::1]:8080/v1', {})).toContain('[::1]:8080');
  });

  it('counts the bytes of the body, not its characters', () => {
    expect(lines('https://api.example/', {}, '"é€"').slice(2)).toEqual(['content-length', '7']);
  });

  it('holds the credential of the address, unless another is given', () => {
    const address = 'https://one:two@api.example/';
    const own = `Basic ${Buffer.from('one:two').toString('base64')}`;
    expect(lines(address, {}).slice(4)).toEqual(['authorization', own]);
    expect(lines(address, { authorization: 'Bearer three' }).slice(4)).toEqual([
      ...['authorization', 'Bearer three'],
    ]);
  });
});
