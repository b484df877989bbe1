import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../harness/free-port.ts';

const run = promisify(execFile);

/** A PostgreSQL of the trial's own, to stop and start again at the same address. */
export interface PrivatePostgres {
  readonly port: number;
  readonly url: string;
  start(): Promise<void>;
  /** Ends it as a crash does: no connection is told, the next start recovers from its log. */
  crash(): Promise<void>;
  remove(): Promise<void>;
}

/** Needs PostgreSQL's own `initdb` and `pg_ctl` on the path. It is not started. */
export async function privatePostgres(): Promise<PrivatePostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'bourse-postgres-'));
  const port = await freePort();
  const who = await otherThanRoot();
  if (who) await chown(folder, who.uid, who.gid);
  const data = join(folder, 'data');
  const control = (...words: string[]) =>
    run('pg_ctl', ['--pgdata', data, '--wait', ...words], { ...who, cwd: folder });

  await run('initdb', ['--pgdata', data, '--auth=trust', '--username=bourse', '--no-sync'], {
    ...{ ...who, cwd: folder },
  });
  const server = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  const crash = async () => void (await control('--mode=immediate', 'stop'));
  return {
    port,
    url: `postgresql://bourse@127.0.0.1:${port}/postgres`,
    async start() {
      await control('--options', server, '--log', join(folder, 'log'), 'start');
    },
    crash,
    async remove() {
      await crash().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package makes. */
async function otherThanRoot(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const idOf = async (option: string) => Number((await run('id', [option, 'postgres'])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}
