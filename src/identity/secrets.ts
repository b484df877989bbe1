import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, Secret } from '#kernel';
import { makeFolder } from '#storage';
import { type Cipher, encryptionKeyBytes, openCipher } from './cipher.ts';
import { apiKeyOf } from './keys/api-key-form.ts';

/** The platform's own secrets. */
export interface Secrets {
  readonly cipher: Cipher;
  readonly adminKey: Secret;
  /** True when this start made it: the notice prints it, this once. */
  readonly adminKeyIsNew: boolean;
}

export interface SecretsOptions {
  readonly dataDir: string;
  /** As the operator set it, or null: then it is made once and kept in `dataDir`. */
  readonly adminKey: Secret | null;
  readonly encryptionKey: Secret | null;
}

/**
 * Takes the secrets that are set, then those that an earlier start kept, and makes the rest. What
 * the operator set is not written down. A made ADMIN_KEY is derived from the encryption key: all
 * nodes of one database then have the same one, though each has a DATA_DIR of its own.
 */
export async function openSecrets(options: SecretsOptions): Promise<Secrets> {
  const { dataDir, adminKey, encryptionKey } = options;
  await makeFolder(dataDir);
  const key = encryptionKey
    ? { text: encryptionKey.reveal() }
    : await keepOnce(join(dataDir, 'encryption.key'), newEncryptionKey);
  const cipher = openCipher(new Secret(key.text));
  if (adminKey) return { cipher, adminKey, adminKeyIsNew: false };

  const made = () => apiKeyOf(cipher.derive('administrator 1')).reveal();
  const admin = await keepOnce(join(dataDir, 'admin.key'), made);
  return { cipher, adminKey: new Secret(admin.text), adminKeyIsNew: admin.isNew };
}

const newEncryptionKey = () => randomBytes(encryptionKeyBytes).toString('base64');

interface Kept {
  readonly text: string;
  readonly isNew: boolean;
}

/**
 * What the file says; when there is none, what `make` gives, kept from now on. The text is whole
 * and synced under another name before it is linked to its own, so a crash leaves no half of it;
 * and a link never replaces: of two starts at once on one directory one wins and the other takes
 * what it finds.
 */
async function keepOnce(path: string, make: () => string): Promise<Kept> {
  const kept = await read(path);
  if (kept !== null) return { text: kept, isNew: false };
  const text = make();
  const draft = await writeDraft(path, text);
  try {
    await link(draft, path);
    return { text, isNew: true };
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return { text: (await read(path)) ?? text, isNew: false };
  } finally {
    await rm(draft);
  }
}

async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

async function read(path: string): Promise<string | null> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (text) return text;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  throw new Fault('INTERNAL', { public: `${path} is empty. Restore it from a backup.` });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
