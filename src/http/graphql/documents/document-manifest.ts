import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault } from '#kernel';

const fileName = 'persisted-documents.json';
const Manifest = z.record(z.string(), z.string());

/**
 * The operator's list of documents that clients may name without sending them:
 * `persisted-documents.json` in DATA_DIR, as GraphQL Code Generator writes it: an object from
 * SHA-256 in hex, with or without `sha256:` before it, to document. None without the file.
 *
 * @throws a Fault that names the first entry that is not what it says, so that the start stops.
 */
export async function readDocumentManifest(dataDir: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(dataDir, fileName), 'utf8').catch(absent);
  if (text === null) return new Map();
  const entries = Object.entries(objectIn(text));
  return new Map(entries.map(([name, document]) => [hashOf(name, document), document]));
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function objectIn(text: string): Record<string, string> {
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    throw wrong('it has to be a JSON object from SHA-256 to document');
  }
}

function hashOf(name: string, document: string): string {
  const hash = createHash('sha256').update(document).digest('hex');
  if (name.replace(/^sha256:/, '') === hash) return hash;
  throw wrong(`"${name.slice(0, 80)}" is not the SHA-256 of its document, which is ${hash}`);
}

const wrong = (reason: string) =>
  new Fault('INVALID_INPUT', { public: `${fileName} in DATA_DIR: ${reason}.` });
