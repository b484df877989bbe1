import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../harness/free-port.ts';

/** A Redis of a test's own, to stop, freeze and start again at the same address. */
export interface PrivateRedis {
  readonly url: string;
  start(): Promise<void>;
  /** Ends it without a farewell. */
  kill(): Promise<void>;
  /** Its sockets stay open and accept, and nothing answers. */
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

export async function privateRedis(): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'bourse-redis-'));
  const port = await freePort();
  const words = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  let child: ChildProcess | null = null;

  const kill = async () => {
    const running = child;
    child = null;
    if (!running) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const started = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'ignore'] });
      child = started;
      for await (const line of createInterface({ input: started.stdout })) {
        if (/ready to accept connections/i.test(line)) break;
      }
      started.stdout.resume();
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async remove() {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}
