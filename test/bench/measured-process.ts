import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
// @ts-expect-error: plain JavaScript, because it must load on any Node
import { nodeEnvironment, nodeFlags } from '../../bin/own-node.js';

/** A server in a process of its own, with what it has used. */
export interface MeasuredProcess {
  readonly url: string;
  usage(): Promise<Usage>;
  /** What its heap holds after a collection that is forced: not what anybody has in service. */
  live(): Promise<{ readonly liveBytes: number }>;
  /** Gives it something that it was written to take. */
  tell(message: object): void;
  /** The next thing that it says of itself. */
  said(): Promise<unknown>;
  stop(): Promise<void>;
}

/** CPU time of all its threads, and its resident memory. */
export interface Usage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

const fileOf = (name: string) => fileURLToPath(new URL(`./servers/${name}`, import.meta.url));

/** One of the servers beside this file, which tells its address by a message. */
export async function startServer(
  name: string,
  words: readonly string[] = [],
): Promise<MeasuredProcess> {
  const child = start([fileOf(name), ...words], process.env);
  const death = deathOf(child, name);
  const [{ url }] = await Promise.race([once(child, 'message'), death]);
  return measured(child, url, death);
}

const readyLine = /is ready at (\S+)/;

/** Bourse as `npm start` starts it, with these settings. */
export async function startBourse(
  settings: Readonly<Record<string, string>>,
): Promise<MeasuredProcess> {
  const main = fileURLToPath(new URL('../../bin/bourse.js', import.meta.url));
  const environment = { ...process.env, ...nodeEnvironment, ...settings };
  const child = start([...nodeFlags, main], environment);
  const ready = new Promise<string>((resolve) => {
    let said = '';
    child.stdout?.on('data', (piece) => {
      said += piece;
      const url = readyLine.exec(said)?.[1];
      if (url) resolve(url);
    });
  });
  const death = deathOf(child, 'Bourse');
  return measured(child, await Promise.race([ready, death]), death);
}

function start(words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['--import', fileOf('report.js'), ...words], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

/** Rejects when it ends, so that nobody waits for its answer. */
function deathOf(child: ChildProcess, name: string): Promise<never> {
  const death = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code} before it could be measured`);
  });
  death.catch(() => {}); // told to whoever waits
  return death;
}

function measured(child: ChildProcess, url: string, death: Promise<never>): MeasuredProcess {
  const ask = async (question: string) => {
    const answer = once(child, 'message');
    child.send(question);
    return (await Promise.race([answer, death]))[0];
  };
  return {
    url,
    usage: () => ask('usage'),
    live: () => ask('live'),
    tell: (message) => void child.send(message),
    said: async () => (await Promise.race([once(child, 'message'), death]))[0],
    async stop() {
      if (child.exitCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
