import { expect, it } from 'vitest';
import { ConnectionHashes } from '../../src/identity/access/connection-hashes.ts';

function counting() {
  const hashed: string[] = [];
  const hashes = new ConnectionHashes((credential) => {
    hashed.push(credential);
    return `hash of ${credential}`;
  });
  return { hashed, hashes };
}

it('hashes what a connection sends again only once', () => {
  const { hashed, hashes } = counting();
  const connection = {};
  for (let time = 0; time < 3; time++) expect(hashes.of('a', connection)).toBe('hash of a');
  expect(hashed).toEqual(['a']);
});

it('knows each connection by itself, and of each the last credential alone', () => {
  const { hashed, hashes } = counting();
  const [one, other] = [{}, {}];
  expect([hashes.of('a', one), hashes.of('b', other), hashes.of('b', one)]).toEqual([
    'hash of a',
    'hash of b',
    'hash of b',
  ]);
  expect(hashes.of('a', one)).toBe('hash of a');
  expect(hashed).toEqual(['a', 'b', 'b', 'a']);
});

it('hashes each time what comes on no connection', () => {
  const { hashed, hashes } = counting();
  for (let time = 0; time < 2; time++) hashes.of('a', undefined);
  expect(hashed).toEqual(['a', 'a']);
});
