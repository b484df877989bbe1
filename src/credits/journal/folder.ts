import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { base32Digits, Fault, secureText } from '#kernel';
import { isHeld, makeFolder, unusable } from '#storage';

/** The folder of the settlement journal, this process's alone until `release`. */
export interface Folder {
  readonly path: string;
  /**
   * Names whoever has this folder: sessions under this name that are still live are its own, of an
   * earlier run.
   */
  readonly node: string;
  release(): void;
}

/**
 * Takes the folder, creating it when needed. Two nodes that each took the other for an earlier run
 * of itself would end each other's sessions, so the name is the folder's own and the folder is
 * locked, with a lock that the kernel frees when its process is dead (SQLite's, on an empty file).
 *
 * @throws Fault CONFLICT when another process has it, INVALID_INPUT when it cannot be used.
 */
export async function takeFolder(path: string): Promise<Folder> {
  await makeFolder(path);
  let lock: DatabaseSync | null = null;
  try {
    const taken = new DatabaseSync(join(path, 'lock.db'));
    lock = taken;
    taken.exec('BEGIN EXCLUSIVE');
    return { path, node: await nameOf(path), release: () => taken.close() };
  } catch (cause) {
    lock?.close();
    if (!isHeld(cause)) throw unusable(path, cause);
    throw new Fault('CONFLICT', {
      public:
        'Another process uses this DATA_DIR. Stop that one, or set DATA_DIR to another directory.',
      retryable: false,
      cause,
    });
  }
}

async function nameOf(path: string): Promise<string> {
  const file = join(path, 'node');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.length === nameLength) return known;
  const name = freshName();
  await writeFile(file, name, { mode: 0o600 });
  return name;
}

const nameLength = 20;

/** A name that no other node has. */
export const freshName = (): string => secureText(nameLength, base32Digits);
