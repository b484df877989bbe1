import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { readDocumentManifest } from '#http';
import { PersistedDocuments } from '../../src/http/graphql/documents/persisted-documents.ts';
import { serve, standIn } from '../harness/stand-in-rooms.ts';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const listed = '{ platform { name } }';
const unlisted = 'query Version { platform { version } }';

let server: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  const persistedDocuments = new Map([[hashOf(listed), listed]]);
  server = await serve(standIn(), { persistedDocuments });
});
afterAll(() => server.close());

async function post(body: object) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

const automatic = (text: string) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } },
});
const name = { data: { platform: { name: 'Bourse' } } };
const version = { data: { platform: { version: '0' } } };
const refused = (code: string) => ({ errors: [{ extensions: { code } }] });

describe('a document of the list', () => {
  it('is run by its id alone, by POST and by GET', async () => {
    expect(await post({ documentId: `sha256:${hashOf(listed)}` })).toMatchObject(name);
    const address = `${server.url}/graphql?documentId=sha256:${hashOf(listed)}`;
    expect(await (await fetch(address)).json()).toMatchObject(name);
  });

  it('is run by its id over a socket', async () => {
    const socket = new WebSocket(
      `${server.url.replace('http', 'ws')}/graphql`,
      'graphql-transport-ws',
    );
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    const payload = { query: '', documentId: `sha256:${hashOf(listed)}` };
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }));
    const [data] = await once(socket, 'message');
    socket.terminate();
    expect(JSON.parse(String(data))).toEqual({ type: 'next', id: '1', payload: name });
  });
});

describe('a document that is not on the list', () => {
  it('is asked for, sent once with its hash, and known from then on', async () => {
    expect(await post(automatic(unlisted))).toMatchObject({
      errors: [
        { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
      ],
    });
    expect(await post({ query: unlisted, ...automatic(unlisted) })).toMatchObject(version);
    expect(await post(automatic(unlisted))).toMatchObject(version);
    expect(await post({ documentId: hashOf(unlisted) })).toMatchObject(version);
  });

  it('is not taken under the hash of another', async () => {
    const answer = await post({ query: '{ platform { publicUrl } }', ...automatic(listed) });
    expect(answer).toMatchObject(refused('INVALID_INPUT'));
    expect(await post(automatic(listed))).toMatchObject(name);
  });

  it('is not kept when it cannot be run', async () => {
    const wrong = '{ nothing }';
    expect(await post({ query: wrong, ...automatic(wrong) })).toHaveProperty('errors');
    expect(await post(automatic(wrong))).toMatchObject(refused('PERSISTED_QUERY_NOT_FOUND'));
  });
});

it('a name that is none, and another version of the protocol, are told apart', async () => {
  expect(await post({ documentId: 'Search' })).toMatchObject(refused('INVALID_INPUT'));
  const extensions = { persistedQuery: { version: 2, sha256Hash: hashOf(listed) } };
  expect(await post({ extensions })).toMatchObject(refused('PERSISTED_QUERY_NOT_SUPPORTED'));
});

it('what is sent is kept within bounds: the ones used longest ago are forgotten', () => {
  const documents = new PersistedDocuments();
  const text = (number: number) => `#${number}${' '.repeat(60_000)}\n{ platform { name } }`;
  for (let number = 0; number < 200; number++) {
    documents.keep({ query: text(number), documentId: hashOf(text(number)) });
    documents.textOf({ documentId: hashOf(text(1)), query: number < 1 ? text(1) : null });
  }
  expect(documents.textOf({ documentId: hashOf(text(1)) })).toBe(text(1));
  expect(documents.textOf({ documentId: hashOf(text(199)) })).toBe(text(199));
  expect(() => documents.textOf({ documentId: hashOf(text(0)) })).toThrow('NotFound');
});

describe('the list of the operator', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bourse-documents-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = (text: string) => writeFile(join(folder, 'persisted-documents.json'), text);

  it('is empty without a file', async () => {
    expect(await readDocumentManifest(folder)).toEqual(new Map());
  });

  it('is what a code generator writes', async () => {
    await write(JSON.stringify({ [`sha256:${hashOf(listed)}`]: listed }));
    expect(await readDocumentManifest(folder)).toEqual(new Map([[hashOf(listed), listed]]));
  });

  it('stops the start when it is not what it says', async () => {
    await write(JSON.stringify({ [hashOf(unlisted)]: listed }));
    await expect(readDocumentManifest(folder)).rejects.toThrow('is not the SHA-256');
    await write('nonsense');
    await expect(readDocumentManifest(folder)).rejects.toThrow('has to be a JSON object');
  });
});
