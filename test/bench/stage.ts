import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '#storage';
import { emptyDatabase } from '../harness/databases.ts';
import { answers, testDatabaseUrl } from '../harness/servers.ts';
import { type MeasuredProcess, startBourse, startServer } from './measured-process.ts';

export type Database = Storage['kind'];

/** Bourse with everything on, and a key to call it with. */
export interface Bourse extends MeasuredProcess {
  readonly key: string;
}

/** The processes of a run. Each is started when a row first needs it, and runs until the end. */
export interface Stage {
  /** The databases that are there; the rows that name none run on the first. */
  readonly databases: readonly [Database, ...Database[]];
  provider(): Promise<MeasuredProcess>;
  bareProxy(): Promise<MeasuredProcess>;
  rawSocket(): Promise<MeasuredProcess>;
  rawFeed(): Promise<MeasuredProcess>;
  preparedBytes(): Promise<MeasuredProcess>;
  bourse(database?: Database): Promise<Bourse>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const closings: (() => Promise<void>)[] = [];
  const keep = async (starting: Promise<MeasuredProcess>) => {
    const running = await starting;
    closings.unshift(() => running.stop());
    return running;
  };
  const provider = once(() => keep(startServer('provider.ts')));
  const behind = (name: string) =>
    once(async () => keep(startServer(name, [(await provider()).url])));
  const bourse = (database: Database) =>
    once(async () => openBourse(database, (await provider()).url, closings));
  const [embedded, server] = [bourse('embedded'), bourse('server')];
  const databases: [Database, ...Database[]] = (await answers(testDatabaseUrl))
    ? ['server', 'embedded']
    : ['embedded'];
  return {
    databases,
    provider,
    bareProxy: behind('bare-proxy.ts'),
    rawSocket: behind('raw-socket.ts'),
    rawFeed: once(() => keep(startServer('raw-feed.ts'))),
    preparedBytes: once(() => keep(startServer('prepared-bytes.ts'))),
    bourse: (database = databases[0]) => (database === 'server' ? server() : embedded()),
    async close() {
      for (const close of closings.splice(0)) await close();
    },
  };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The provider of the bench stands in for this one, with its real model, prices and limits. */
export const model = 'openai/gpt-4o-mini';

async function openBourse(
  database: Database,
  providerUrl: string,
  closings: (() => Promise<void>)[],
): Promise<Bourse> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bourse-bench-'));
  closings.unshift(() => rm(dataDir, { recursive: true, force: true }));
  const adminKey = randomBytes(24).toString('hex');
  const settings = {
    PORT: '0',
    LOG_LEVEL: 'warn',
    DATA_DIR: dataDir,
    ADMIN_KEY: adminKey,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${providerUrl}/v1`,
    ...(database === 'server' ? await serverSettings(closings) : {}),
  };
  const running = await startBourse(settings);
  closings.unshift(() => running.stop());
  return { ...running, key: await limitedKey(running.url, adminKey) };
}

async function serverSettings(closings: (() => Promise<void>)[]) {
  const { address, drop } = await emptyDatabase('server');
  closings.unshift(drop);
  const url = 'url' in address ? address.url : '';
  return { DATABASE_URL: url, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
}

/** A key with every limit that a key can have, none of which the bench comes near. */
async function limitedKey(url: string, adminKey: string): Promise<string> {
  const ask = async (query: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const { organization } = await ask('{ organization(slug: "demo") { id } }');
  await ask(`mutation { grantCredits(input: { organizationId: "${organization.id}",
    amount: "1000000", idempotencyKey: "bench", reason: "bench" }) { __typename } }`);
  const { createApiKey } = await ask(`mutation { createApiKey(input: { name: "bench",
    organizationId: "${organization.id}", creditLimit: "900000", limitPeriod: MONTHLY,
    requestsPerMinute: 1000000, allowedModels: ["openai/*"] }) {
    ... on CreateApiKeyPayload { secret } ... on Error { message } } }`);
  if (!createApiKey.secret) throw new Error(createApiKey.message);
  return createApiKey.secret;
}
