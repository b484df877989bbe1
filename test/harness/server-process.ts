import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The server in a process of its own: as `npm start` starts it, or under npm itself. */
export interface ServerProcess {
  readonly url: string;
  /** Standard output so far. */
  readonly notice: string;
  /** Sends a signal, to the whole process group when told so, and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL', whole?: 'group'): Promise<Ended>;
}

type Ended = { code: number | null; signal: string | null };

const entry = fileURLToPath(new URL('../../bin/bourse.js', import.meta.url));

const folder = fileURLToPath(new URL('../..', import.meta.url));

function run(settings: Readonly<Record<string, string>>, by: 'node' | 'npm' = 'node') {
  const [command, words] =
    by === 'node' ? [process.execPath, [entry]] : ['npm', ['--silent', 'start']];
  const child = spawn(command, words, {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'error', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: by === 'npm',
  });
  const ended: Promise<Ended> = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  return { child, ended };
}

/** Resolves when it says that it is ready. */
export async function startServer(
  settings: Readonly<Record<string, string>>,
  by: 'node' | 'npm' = 'node',
) {
  const { child, ended } = run(settings, by);
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
    end(signal, whole) {
      if (whole && child.pid) process.kill(-child.pid, signal);
      else child.kill(signal);
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
