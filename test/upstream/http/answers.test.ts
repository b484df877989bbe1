import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { nodeReader, type Read, readByUs } from './read-answers.ts';

let node: Awaited<ReturnType<typeof nodeReader>>;
beforeAll(async () => {
  node = await nodeReader();
});
afterAll(() => node.close());

const ok = 'HTTP/1.1 200 OK\r\n';
const counted = 'content-length: 5\r\n\r\nHello';
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`;

const valid = {
  'a number of bytes': `${ok}content-type: a/b\r\n${counted}`,
  'no bytes': `${ok}content-length: 0\r\n\r\n`,
  'until the connection ends': `${ok}\r\nHello`,
  'one chunk': `${chunked}5\r\nHello\r\n0\r\n\r\n`,
  'several chunks': `${ok}Transfer-Encoding: Chunked\r\n\r\n3\r\nHel\r\n2\r\nlo\r\n0\r\n\r\n`,
  'sizes in letters': `${chunked}A\r\nHelloHello\r\n00b\r\nHello Hello\r\n0\r\n\r\n`,
  'a size filled up': `${chunked}0000000000000005\r\nHello\r\n0\r\n\r\n`,
  extensions: `${chunked}5;a="b c"\r\nHello\r\n0;d\r\n\r\n`,
  trailers: `${chunked}5\r\nHello\r\n0\r\nx: y\r\nz: \r\n\r\n`,
  'no reason': `HTTP/1.1 200\r\n${counted}`,
  'an empty reason': `HTTP/1.1 200 \r\n${counted}`,
  'an older version': `HTTP/1.0 200 OK\r\n${counted}`,
  'informational answers first': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nlink: a\r\n\r\n${ok}${counted}`,
  'no body by its status': 'HTTP/1.1 204 No\r\n\r\n',
  'another coding before chunks': `${ok}transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n`,
  'a coding that is not chunks': `${ok}transfer-encoding: identity\r\n\r\nHello`,
  'white space around values': `${ok}content-type:\ta/b \t\r\ncontent-length:\t5 \r\n\r\nHello`,
  'a name twice': `${ok}content-type: a/b\r\ncontent-type: c/d\r\n${counted}`,
  'letters of another tongue': `${ok}x: \xe9\xff\r\n${counted}`,
  'an end too early': `${ok}content-length: 50\r\n\r\nHello`,
  'an end within a chunk': `${chunked}5\r\nHel`,
  'an end before the last line': `${chunked}5\r\nHello\r\n0\r\n`,
};

const invalid = {
  nothing: '',
  'half a head': 'HTTP/1.1 200 OK\r\ncontent-',
  'another protocol': '220 mail.example ESMTP\r\n\r\n',
  'a switch of protocols': 'HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  'a version to come': `HTTP/1.2 200 OK\r\n${counted}`,
  'a status of two digits': `HTTP/1.1 20 OK\r\n${counted}`,
  'bare line feeds': 'HTTP/1.1 200 OK\ncontent-length: 5\n\nHello',
  'bare line feeds around chunks': `${chunked}5\nHello\n0\n\n`,
  'a folded line': `${ok}x: a\r\n b\r\n${counted}`,
  'a line feed in a value': `${ok}x: \n b\r\n${counted}`,
  'no colon': `${ok}content-length\r\n\r\nHello`,
  'no name': `${ok}: a\r\n${counted}`,
  'a space in a name': `${ok}content-length : 5\r\n\r\nHello`,
  'a zero byte': `${ok}x: a\0b\r\n${counted}`,
  'two lengths': `${ok}content-length: 6\r\n${counted}`,
  'a length twice': `${ok}content-length: 5\r\n${counted}`,
  'lengths in a list': `${ok}content-length: 5, 5\r\n\r\nHello`,
  'a length with a sign': `${ok}content-length: +5\r\n\r\nHello`,
  'no length': `${ok}content-length: \r\n\r\nHello`,
  'a length beside chunks': `${ok}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nHello\r\n0\r\n\r\n`,
  'a size that is no number': `${chunked}five\r\nHello\r\n0\r\n\r\n`,
  'a size beyond numbers': `${chunked}fffffffffffffff\r\nHello`,
  'no size': `${chunked}\r\nHello\r\n0\r\n\r\n`,
  'a space behind a size': `${chunked}5 \r\nHello\r\n0\r\n\r\n`,
  'more than a chunk says': `${chunked}5\r\nHelloo\r\n0\r\n\r\n`,
};

const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const bytewise = (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]));
const read = (one: Read | null) => one && { ...one, kept: false };

it.each(Object.entries(valid))('reads as Node does: %s', async (_, text) => {
  const bytes = bytesOf(text);
  const expected = await node.read(bytes);
  expect(expected).not.toBeNull();
  expect(read(readByUs([bytes]))).toEqual(expected);
  expect(read(readByUs(bytewise(bytes)))).toEqual(expected);
});

it.each(Object.entries(invalid))('refuses as Node does: %s', async (_, text) => {
  const bytes = bytesOf(text);
  expect((await node.read(bytes))?.whole).not.toBe(true);
  expect(readByUs([bytes])).toBeNull();
  expect(readByUs(bytewise(bytes))).toBeNull();
});

it('refuses a head, an extension or trailers without an end', () => {
  const long = 'a'.repeat(33 * 1024);
  for (const text of [`${ok}x: ${long}`, `${chunked}5;${long}`, `${chunked}0\r\nx: ${long}`]) {
    expect(readByUs([bytesOf(text)])).toBeNull();
  }
});

it('reads a head with the longest line in a moment', () => {
  const spaces = `${ok}x: ${' '.repeat(16_000)}a${' '.repeat(16_000)}\r\n${counted}`;
  expect(readByUs([bytesOf(spaces)])?.body).toBe('Hello');
});

describe('whatever is wrong with an answer', () => {
  const random = seededRandom('answers');
  const upTo = (most: number) => Math.floor(random.next() * (most + 1));
  const any = <Value>(values: readonly Value[]) => values[upTo(values.length - 1)];
  const bits = [
    '\r',
    '\n',
    '\r\n',
    ' ',
    ':',
    ';',
    '0',
    '5',
    'f',
    '\0',
    '\x80',
    ',',
    '\t',
    'chunked',
  ];
  const all = [...Object.values(valid), ...Object.values(invalid)];

  function damaged(): string {
    let text = any(all) ?? '';
    for (let times = upTo(2); times >= 0; times--) {
      const at = upTo(text.length);
      text = text.slice(0, at) + (upTo(3) ? any(bits) : '') + text.slice(at + upTo(2));
    }
    return text;
  }

  function cut(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + upTo(20);
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    return pieces;
  }

  it('nobody reads another one than Node, however it is cut', async () => {
    for (let round = 0; round < 1_500; round++) {
      const bytes = bytesOf(damaged());
      const ours = readByUs([bytes]);
      expect(read(readByUs(cut(bytes)))).toEqual(read(ours));
      const nodes = await node.read(bytes);
      if (ours?.whole && nodes?.whole) expect(read(ours)).toEqual(nodes);
    }
  });
});

describe('a connection is kept', () => {
  const kept = (head: string, body = counted) => readByUs([bytesOf(`${head}${body}`)])?.kept;

  it('behind an answer whose end is known', () => {
    expect(kept(ok)).toBe(true);
    expect(kept(chunked, '0\r\n\r\n')).toBe(true);
    expect(kept('HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\n')).toBe(true);
  });

  it('not when its server says so, is older, or has said more than the answer', () => {
    expect(kept(`${ok}connection: x, Close\r\n`)).toBe(false);
    expect(kept('HTTP/1.0 200 OK\r\n')).toBe(false);
    expect(kept(ok, `${counted}H`)).toBe(false);
    expect(kept(ok, '\r\nHello')).toBe(false);
  });
});
