import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatMoney, Secret, silentLog, systemClock } from '#kernel';
import { openStorage, type Storage } from '#storage';
import { type DatabaseKind, freshDataDirectory } from '../harness/databases.ts';
import { openNode, organization, violations } from './node.ts';

const program = fileURLToPath(new URL('./spend-until-killed.ts', import.meta.url));

/** Runs the program until it has acknowledged this many, or all, then kills it without a word. */
async function acknowledgeAndDie(
  args: readonly string[],
  enough: number,
  signal: AbortSignal,
): Promise<string[]> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    killSignal: 'SIGKILL',
    signal,
  });
  const exit = once(child, 'exit');
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'all') said.push(line);
    if (said.length >= enough || line === 'all') child.kill('SIGKILL');
  }
  const [, killedBy] = await exit;
  expect(killedBy).toBe('SIGKILL');
  return said;
}

/** `url` gives the address of a database of the caller's own when it is a server. */
export function killedSuite(kind: DatabaseKind, url: () => Promise<string | null>): void {
  describe(`a node on ${kind} that is killed between acknowledging and posting`, () => {
    test.each([
      ['its first acknowledgement', 1],
      ['all that it could run', Number.POSITIVE_INFINITY],
    ])(
      'after %s has charged each once',
      async (_, enough) => {
        const dataDir = await freshDataDirectory();
        onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
        const address = await url();
        const databaseUrl = address === null ? null : new Secret(address);
        const open = () =>
          openStorage({ dataDir, databaseUrl, clock: systemClock, log: silentLog });
        const first = await open();
        const acme = await organization(first, 100);
        await first.close();

        const args = [dataDir, acme, ...(address ? [address] : [])];
        const said = await acknowledgeAndDie(args, enough, endOfTest());
        expect(said.length).toBeGreaterThan(0);
        await auditAfter(await open(), { dataDir, acme, said });
      },
      300_000,
    );
  });
}

/** Aborts when the test has ended, in whatever way. */
function endOfTest(): AbortSignal {
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  return ended.signal;
}

async function auditAfter(
  storage: Storage,
  { dataDir, acme, said }: { dataDir: string; acme: string; said: readonly string[] },
): Promise<void> {
  const credits = await openNode(storage, { dataDir });
  const { balance, held } = await credits.account(acme);
  const rows = await storage.query<{ id: string }>(
    'SELECT id FROM completion WHERE organization_id = $1',
    [acme],
  );
  const posted = new Set(rows.map(({ id }) => id));
  expect(said.filter((completion) => !posted.has(completion))).toEqual([]);
  expect(formatMoney(balance)).toBe(String(100 - rows.length));
  expect(held).toBe(0n);
  expect(await violations(storage)).toEqual([]);
  await credits.close();
  await storage.close();
}
