import { createHash, randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { auditLedger } from '#credits';
import { type Clock, type Log, parseMoney, silentLog, systemClock, systemRandom } from '#kernel';
import { openStorage } from '#storage';
import { type App, openApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type DatabaseKind, freshFolder, madeOnce, serverDatabase } from './databases.ts';
import { type GraphqlClient, graphqlClient } from './graphql-client.ts';

/** Bourse as it is served, every room real, on a free port. */
export interface WholeApp {
  readonly url: string;
  readonly admin: GraphqlClient;
  readonly demo: GraphqlClient;
  readonly demoKey: string;
  readonly config: Config;
  /** The platform's own view of its ledger: what does not hold; empty when all does. */
  audit(): Promise<string[]>;
  close(): Promise<void>;
}

export interface WholeAppOptions {
  /** Environment variables; `PORT` and a `DATA_DIR` of its own are given. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: Log;
  readonly clock?: Clock;
}

/** Settings under which an app can be closed and opened again. */
export interface LastingPlace {
  readonly settings: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function lastingPlace(kind: DatabaseKind): Promise<LastingPlace> {
  if (kind === 'embedded') {
    const folder = await startedDirectory();
    const remove = () => rm(folder, { recursive: true, force: true });
    return { settings: { DATA_DIR: folder }, remove };
  }
  const { url, drop } = await serverDatabase();
  const encryptionKey = randomBytes(32).toString('base64');
  return { settings: { DATABASE_URL: url, ENCRYPTION_KEY: encryptionKey }, remove: drop };
}

export const adminKey = 'the-administrator-of-the-tests';
export const demoKey = 'the-demo-key-of-the-tests';

export async function wholeApp({ settings, log, clock }: WholeAppOptions = {}): Promise<WholeApp> {
  const embedded = !settings?.['DATABASE_URL'] && !settings?.['DATA_DIR'];
  const folder = await (embedded ? startedDirectory() : freshFolder());
  const config = configOf(folder, settings);
  const app = await open(config, { log, clock });
  return {
    url: app.url,
    admin: graphqlClient(app.url, adminKey),
    demo: graphqlClient(app.url, demoKey),
    demoKey,
    config,
    audit: () => violations(config),
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const configOf = (folder: string, settings: WholeAppOptions['settings']) =>
  readConfig({
    PORT: '0',
    DATA_DIR: folder,
    ADMIN_KEY: adminKey,
    DEMO_KEY: demoKey,
    SHUTDOWN_GRACE_MS: '1000',
    ...settings,
  });

const open = (config: Config, { log, clock }: OpenOptions): Promise<App> =>
  openApp({
    config,
    clock: clock ?? systemClock,
    random: systemRandom,
    show: () => undefined,
    log: log ?? silentLog,
    version: '0.0.0',
  });

interface OpenOptions {
  readonly log?: Log | undefined;
  readonly clock?: Clock | undefined;
}

const shippedMarket = new URL('../../prisma/catalog/market.json', import.meta.url);

/** A data directory after its first start; the caller removes it. */
export async function startedDirectory(): Promise<string> {
  const folder = await freshFolder();
  cpSync(await startedOnce(), folder, { recursive: true });
  return folder;
}

/** Made once and then copied: to load the catalog takes seconds. */
async function startedOnce(): Promise<string> {
  const market = createHash('sha256')
    .update(await readFile(shippedMarket))
    .digest('hex');
  return madeOnce(`started ${market}`, async (folder) => {
    const app = await open(configOf(folder, {}), {});
    await app.close();
  });
}

/** As `npm run audit` looks at a running server. */
export async function violations(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
): Promise<string[]> {
  const { databaseUrl, dataDir } = config;
  const place = { databaseUrl, dataDir, join: true, clock: systemClock, log: silentLog };
  const storage = await openStorage(place);
  const broken: string[] = [];
  for await (const { invariant, holds, violation } of auditLedger(storage)) {
    if (!holds) broken.push(`${invariant}: ${violation}`);
  }
  await storage.close();
  return broken;
}

interface Account {
  readonly organizationId: string;
  readonly slug: string;
  readonly key: string;
  readonly keyId: string;
}

/** An organization with credits and a key of its own. */
export interface Customer extends GraphqlClient, Account {
  readonly url: string;
  /** In 10⁻¹² US dollar. */
  credits(): Promise<{ balance: bigint; held: bigint }>;
}

let made = 0;

export async function customer(
  { url, admin }: Pick<WholeApp, 'url' | 'admin'>,
  dollars: string,
): Promise<Customer> {
  const name = `Customer ${++made} ${crypto.randomUUID().slice(0, 8)}`;
  const { createOrganization } = await written(
    admin,
    `mutation ($name: String!) { createOrganization(input: { name: $name }) {
      ... on CreateOrganizationPayload { organization { id slug } } ... on Error { message } } }`,
    { name },
  );
  const { id: organizationId, slug } = createOrganization.organization;
  await written(
    admin,
    `mutation ($organizationId: ID!, $amount: Decimal!, $once: String!) { grantCredits(input: {
      organizationId: $organizationId, amount: $amount, reason: "To begin with",
      idempotencyKey: $once }) { __typename ... on Error { message } } }`,
    { organizationId, amount: dollars, once: organizationId },
  );
  const { createApiKey } = await written(
    admin,
    `mutation ($organizationId: ID!) { createApiKey(input: {
      organizationId: $organizationId, name: "A key" }) {
      ... on CreateApiKeyPayload { secret apiKey { id } } ... on Error { message } } }`,
    { organizationId },
  );
  const key = createApiKey.secret;
  const keyId = createApiKey.apiKey.id;
  return customerAt({ url, admin }, { organizationId, slug, key, keyId });
}

/** The same customer at another node, or after a restart. */
export function customerAt(
  { url, admin }: Pick<WholeApp, 'url' | 'admin'>,
  { organizationId, slug, key, keyId }: Account,
): Customer {
  return {
    ...graphqlClient(url, key),
    url,
    organizationId,
    slug,
    key,
    keyId,
    async credits() {
      const { data } = await admin.ask(
        'query ($slug: String!) { organization(slug: $slug) { credits { balance held } } }',
        { slug },
      );
      const { balance, held } = data.organization.credits;
      return { balance: parseMoney(balance), held: parseMoney(held) };
    },
  };
}

export interface Offer {
  readonly model: string;
  readonly provider: string;
  /** OpenAI's protocol by default. */
  readonly connector?: string;
  readonly baseUrl: string;
  /** US dollars a token. */
  readonly promptPrice?: string;
  readonly completionPrice?: string;
  readonly timeouts?: { readonly firstContentTimeoutMs?: number; readonly idleTimeoutMs?: number };
  /** 100,000 by default. */
  readonly contextLength?: number;
  /** What the provider calls the model; `stub` by default. */
  readonly upstreamModel?: string;
  /** None by default. */
  readonly supportedParameters?: readonly string[];
}

/** Lists a provider's offer of a model in the catalog, as the platform's administrator does. */
export async function offer(admin: GraphqlClient, given: Offer): Promise<void> {
  const { model, provider, baseUrl, contextLength = 100_000, upstreamModel = 'stub' } = given;
  const variables = {
    provider: {
      slug: provider,
      name: provider,
      connector: given.connector ?? 'openai-compatible',
      baseUrl,
      secret: 'a-secret-of-the-tests',
    },
    model: { slug: model, name: model, author: model.split('/')[0], contextLength },
    endpoint: {
      model,
      provider,
      upstreamModel,
      supportedParameters: given.supportedParameters ?? [],
      pricing: {
        promptPerToken: given.promptPrice ?? '0.001',
        completionPerToken: given.completionPrice ?? '0.002',
      },
      ...given.timeouts,
    },
  };
  await written(
    admin,
    `mutation ($provider: UpsertProviderInput!, $model: UpsertModelInput!,
        $endpoint: UpsertEndpointInput!) {
      upsertProvider(input: $provider) { __typename ... on Error { message } }
      upsertModel(input: $model) { __typename ... on Error { message } }
      upsertEndpoint(input: $endpoint) { __typename ... on Error { message } }
    }`,
    variables,
  );
}

/** The data of writes that all have to succeed. */
async function written(client: GraphqlClient, query: string, variables: object) {
  const { data, errors } = await client.ask(query, variables);
  const refused = Object.values(data ?? {}).filter(
    (result) => typeof (result as { message?: unknown })?.message === 'string',
  );
  if (errors || refused.length > 0) {
    throw new AggregateError(errors ?? refused, JSON.stringify(errors ?? refused));
  }
  return data;
}
