import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatMoney, Secret, silentLog, systemClock } from '#kernel';
import { openStorage, type Storage } from '#storage';
import { type DatabaseKind, freshDataDirectory } from '../harness/databases.ts';
import { openNode, organization, violations } from './node.ts';

const program = fileURLToPath(new URL('./spend-until-killed.ts', import.meta.url));

/** Runs the program until it has acknowledged this many, then kills it without a word. */
async function acknowledgeAndDie(args: readonly string[], enough: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('cmp_')) said.push(line);
    if (said.length >= enough || line === 'all') child.kill('SIGKILL');
  }
  await exit;
  return said;
}

/** `url` gives the address of a database of the caller's own when it is a server. */
export function killedSuite(kind: DatabaseKind, url: () => Promise<string | null>): void {
  describe(`a node on ${kind} that is killed between acknowledging and posting`, () => {
    test.each([1, 1_000])(
      'after %d acknowledgements has charged each once',
      async (enough) => {
        const dataDir = await freshDataDirectory();
        const address = await url();
        const databaseUrl = address === null ? null : new Secret(address);
        const open = () =>
          openStorage({ dataDir, databaseUrl, clock: systemClock, log: silentLog });
        const first = await open();
        const acme = await organization(first, 100);
        await first.close();

        const said = await acknowledgeAndDie(
          [dataDir, acme, ...(address ? [address] : [])],
          enough,
        );
        expect(said.length).toBeGreaterThan(0);

        const storage: Storage = await open();
        const credits = await openNode(storage, { dataDir });
        const { balance, held } = await credits.account(acme);
        const rows = await storage.query<{ id: string; charged: bigint }>(
          'SELECT id, charged FROM completion WHERE organization_id = $1',
          [acme],
        );
        const posted = new Set(rows.map(({ id }) => id));
        expect(said.filter((completion) => !posted.has(completion))).toEqual([]);
        expect(formatMoney(balance)).toBe(String(100 - rows.length));
        expect(held).toBe(0n);
        expect(await violations(storage)).toEqual([]);
        await credits.close();
        await storage.close();
        await rm(dataDir, { recursive: true, force: true });
      },
      60_000,
    );
  });
}
