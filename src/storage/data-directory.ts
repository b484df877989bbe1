import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '#kernel';

/** A directory that this process alone uses until `release`. */
export interface DataDirectory {
  /** Where the embedded database has its files. */
  readonly database: string;
  /** Where a copy of them is left, once an hour. */
  readonly copy: string;
  /** A private folder for the database's socket, noted in the directory for `socketFolderOf`. */
  readonly socketFolder: string;
  release(): Promise<void>;
}

/**
 * Takes `path` for this process, creating it when needed. Two processes on one embedded database
 * would destroy it without an error, so this comes before anything else. The lock is one that the
 * kernel holds (SQLite's, on an empty file): it is free again the moment its process is dead,
 * however it died, which a file with a process id is not.
 *
 * @throws Fault CONFLICT when another process has it, INVALID_INPUT when it cannot be used.
 */
export async function takeDataDirectory(path: string): Promise<DataDirectory> {
  await makeFolder(path);
  const lock = lockFile(join(path, 'lock.db'));
  try {
    const note = join(path, socketNote);
    // What a killed process has left: that it is gone is what the lock proves.
    await removeSocketFolder(await notedFolder(path));
    const socketFolder = await privateFolder();
    await writeFile(note, socketFolder, { mode: 0o600 }).catch((cause) => {
      throw unusable(path, cause);
    });
    const release = async () => {
      await rm(note, { force: true });
      await removeSocketFolder(socketFolder);
      lock.close();
    };
    const [database, copy] = [join(path, 'database'), join(path, 'database.hourly')];
    return { database, copy, socketFolder, release };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Makes a folder of the data directory's, and those above it, for this user alone.
 *
 * @throws Fault INVALID_INPUT when that cannot be done.
 */
export async function makeFolder(path: string): Promise<void> {
  await made(path).catch((cause) => {
    throw unusable(path, cause);
  });
}

/**
 * Node's own way to make folders above never ends under /proc, where none can be made and the
 * answer is that there is none above.
 */
async function made(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: 0o700 });
  try {
    await make();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw thrown;
    await made(dirname(path));
    await make();
  }
}

/**
 * A fresh folder that only this user may enter. It is not inside the data directory, because the
 * path of a Unix socket has at most 107 bytes.
 */
export async function privateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), socketPrefix));
  await chmod(folder, 0o700);
  return folder;
}

/** Removes a folder of `privateFolder`; a noted path that is not one is left alone. */
export async function removeSocketFolder(folder: string | null): Promise<void> {
  if (folder?.startsWith(join(tmpdir(), socketPrefix))) {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where the process that uses the directory has its socket; null when it noted none. */
export async function notedFolder(path: string): Promise<string | null> {
  const text = await readFile(join(path, socketNote), 'utf8').catch(() => '');
  return text || null;
}

const socketNote = 'database.socket';
const socketPrefix = 'bourse-';

function lockFile(path: string): DatabaseSync {
  const lock = lockable(path);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (!isHeld(cause)) throw unusable(dirname(path), cause);
    throw new Fault('CONFLICT', {
      public:
        'The data directory is in use by another process. ' +
        'Stop that one, or set DATA_DIR to another directory.',
      cause,
      retryable: false,
    });
  }
}

function lockable(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path);
  } catch (cause) {
    throw unusable(dirname(path), cause);
  }
}

/** Of a lock: SQLITE_BUSY says that another process has it, all else that it is no lock of ours. */
export const isHeld = (cause: unknown) =>
  cause instanceof Error && 'errcode' in cause && cause.errcode === 5;

/** What `cause` says of a data directory, as a refusal of the setting. */
export const unusable = (path: string, cause: unknown) =>
  new Fault('INVALID_INPUT', {
    public:
      `DATA_DIR: "${path}" was given. ${cause instanceof Error ? cause.message : cause}. ` +
      'Accepted: a directory that can be written, or the path of one that can be made.',
    cause,
  });
