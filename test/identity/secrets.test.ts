import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '#kernel';
import { looksLikeOurs } from '../../src/identity/keys/api-key-form.ts';
import { openSecrets } from '../../src/identity/secrets.ts';

let dataDir = '';
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'bourse-secrets-')), 'data');
});
afterEach(() => rm(join(dataDir, '..'), { recursive: true }));

const open = (given: { adminKey?: string; encryptionKey?: string } = {}) =>
  openSecrets({
    dataDir,
    adminKey: given.adminKey === undefined ? null : new Secret(given.adminKey),
    encryptionKey: given.encryptionKey === undefined ? null : new Secret(given.encryptionKey),
  });

const encryptionKey = Buffer.alloc(32, 7).toString('base64');

describe('the secrets of a data directory', () => {
  test('are made on the first start and the same on every later one', async () => {
    const [first, second] = [await open(), await open()];
    expect(looksLikeOurs(first.adminKey.reveal())).toBe(true);
    expect(first.adminKeyIsNew).toBe(true);
    expect(second.adminKeyIsNew).toBe(false);
    expect(second.adminKey.reveal()).toBe(first.adminKey.reveal());
    expect(second.cipher.keyedHash('a')).toBe(first.cipher.keyedHash('a'));
  });

  test('differ from those of another directory', async () => {
    const first = await open();
    await rm(dataDir, { recursive: true });
    expect((await open()).adminKey.reveal()).not.toBe(first.adminKey.reveal());
  });

  test('lie in files that their owner alone may read, with nothing else beside', async () => {
    await open();
    expect((await readdir(dataDir)).sort()).toEqual(['admin.key', 'encryption.key']);
    for (const name of await readdir(dataDir)) {
      expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600);
    }
  });

  test('are one set when several starts make them at once, announced as new once', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(new Set(opened.map((secrets) => secrets.adminKey.reveal())).size).toBe(1);
    expect(new Set(opened.map((secrets) => secrets.cipher.keyedHash('a'))).size).toBe(1);
    expect(opened.filter((secrets) => secrets.adminKeyIsNew)).toHaveLength(1);
    expect(await readdir(dataDir)).toHaveLength(2);
  });

  test('that the operator set are taken as given and not written down', async () => {
    const given = await open({ adminKey: 'an-admin-key-of-mine', encryptionKey });
    expect(given.adminKey.reveal()).toBe('an-admin-key-of-mine');
    expect(given.adminKeyIsNew).toBe(false);
    expect(await readdir(dataDir)).toEqual([]);
  });

  test('two nodes with one encryption key have the same administrator', async () => {
    const first = await open({ encryptionKey });
    await rm(dataDir, { recursive: true });
    expect((await open({ encryptionKey })).adminKey.reveal()).toBe(first.adminKey.reveal());
  });

  test('the administrator stays the same when the encryption key changes', async () => {
    const first = await open();
    const second = await open({ encryptionKey });
    expect(second.adminKey.reveal()).toBe(first.adminKey.reveal());
    expect(second.cipher.keyedHash('a')).not.toBe(first.cipher.keyedHash('a'));
  });

  test('a file that lost its content stops the start instead of making a new key', async () => {
    await open();
    await writeFile(join(dataDir, 'encryption.key'), '');
    await expect(open()).rejects.toThrow(/encryption\.key is empty/);
    expect(await readFile(join(dataDir, 'encryption.key'), 'utf8')).toBe('');
  });
});
