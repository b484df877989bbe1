import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openExchange } from '../../src/http/exchange.ts';

function pathOf(target: string) {
  const request = new IncomingMessage(new Socket());
  request.url = target;
  const { path, url } = openExchange(request, new ServerResponse(request));
  return { path, pathname: url.pathname };
}

it('the path of a request is that of its address, however it is written', () => {
  const pieces = [
    '/',
    '//',
    '.',
    '..',
    'graphql',
    'v1',
    'a-b_c',
    '%2e',
    '?',
    '#',
    '\\',
    ' ',
    'é',
    ':',
  ];
  const targets = fc.array(fc.constantFrom(...pieces)).map((some) => some.join(''));
  fc.assert(
    fc.property(targets, (target) => {
      const { path, pathname } = pathOf(target);
      expect(path).toBe(pathname);
    }),
    { numRuns: 500 },
  );
  expect(pathOf('/v1/chat/completions').path).toBe('/v1/chat/completions');
});

it.each(['//v1/chat/completions', '///v1/chat/completions', '/\\v1/chat/completions'])(
  'two slashes at the beginning are one, and no host: %s',
  (target) => {
    expect(pathOf(target).path).toBe('/v1/chat/completions');
  },
);

it('what has no path is the front page', () => {
  for (const target of ['//', '', '?a', '//?a']) expect(pathOf(target).path).toBe('/');
});
