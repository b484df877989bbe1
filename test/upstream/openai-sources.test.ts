import { expect, test } from 'vitest';
import { annotationsOf } from '../../src/upstream/openai-sources.ts';

const found = { url: 'https://b.example', title: 'B', date: '2026-11-26', snippet: 'Of B' };
const cites = (source: object) => ({ type: 'url_citation', url_citation: source });

test('what is cited stands in its order, with what is known of it', () => {
  const citations = ['https://a.example', 'https://b.example'];
  expect(annotationsOf({ citations, search_results: [found] })).toEqual([
    cites({ url: 'https://a.example', title: 'https://a.example' }),
    cites(found),
  ]);
});

test('what was found stands where nothing is cited', () => {
  expect(annotationsOf({ citations: null, search_results: [found] })).toEqual([cites(found)]);
});

test('a source that is nested so deep that nobody can walk it is none', () => {
  const extra = JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
  expect(annotationsOf({ search_results: [{ ...found, extra }, found] })).toEqual([cites(found)]);
});

test.each([
  [{}],
  [{ citations: 'https://a.example', search_results: 7 }],
  [{ citations: [{ start: 1 }], search_results: [null, 'text', {}] }],
])('what is neither is left aside: %j', (said) => {
  expect(annotationsOf(said)).toEqual([]);
});
