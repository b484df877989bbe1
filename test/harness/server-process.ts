import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The server as `npm start` starts it, in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** Standard output so far. */
  readonly notice: string;
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<{ code: number | null; signal: string | null }>;
}

const entry = fileURLToPath(new URL('../../bin/bourse.js', import.meta.url));

function run(settings: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'error', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  return { child, ended };
}

/** Resolves when it says that it is ready. */
export async function startServer(settings: Readonly<Record<string, string>>) {
  const { child, ended } = run(settings);
  const lines: string[] = [];
  child.stderr.resume();
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.includes('Console')) break;
  }
  child.stdout.resume();
  const server: ServerProcess = {
    url: /http:\S+/.exec(lines[0] ?? '')?.[0] ?? '',
    notice: lines.join('\n'),
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
  return server;
}

/** A start that is expected to fail: how it ended, and what it said. */
export async function failedStart(settings: Readonly<Record<string, string>>) {
  const { child, ended } = run(settings);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return { ...(await ended), said };
}
