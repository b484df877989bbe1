import { rm } from 'node:fs/promises';
import { silentLog, systemClock, systemRandom } from '#kernel';
import { type App, openApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { freshDataDirectory } from './databases.ts';

export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the form of its question
  readonly data: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string };
  }[];
}

export interface RunningApp {
  readonly app: App;
  readonly adminKey: string;
  readonly demoKey: string;
  /** One operation by POST, with this credential. */
  ask(key: string | undefined, query: string, variables?: object): Promise<Answered>;
  /** A request to another address, JSON both ways. */
  send(path: string, key: string | undefined, body?: object): Promise<Response>;
  close(): Promise<void>;
}

/** The whole of Bourse over an embedded database of its own, on a free port. */
export async function runningApp(
  environment: Readonly<Record<string, string>> = {},
  options: Partial<Parameters<typeof openApp>[0]> = {},
): Promise<RunningApp> {
  const dataDir = await freshDataDirectory();
  const app = await openApp({
    config: readConfig({ PORT: '0', DATA_DIR: dataDir, ...environment }),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    version: '0.0.0',
    ...options,
  });
  const send = (path: string, key: string | undefined, body?: object) =>
    fetch(`${app.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  return {
    app,
    adminKey: app.made.adminKey?.reveal() ?? '',
    demoKey: app.made.demoKey?.reveal() ?? '',
    send,
    async ask(key, query, variables = {}) {
      const response = await send('/graphql', key, { query, variables });
      const body = (await response.json()) as Omit<Answered, 'status'>;
      return { ...body, status: response.status };
    },
    async close() {
      await app.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
