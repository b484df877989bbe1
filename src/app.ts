import { type Bus, openBus } from '#bus';
import { type Catalog, type Market, openCatalog } from '#catalog';
import { type Completions, openCompletions } from '#completions';
import type { Config } from '#config';
import { type Billing, type Credits, openAccount, openCredits } from '#credits';
import { openHttp, readDocumentManifest } from '#http';
import {
  firstStart,
  type Identity,
  openIdentity,
  openSecrets,
  type People,
  type Secrets,
} from '#identity';
import { type Clock, type Log, parseMoney, type Random, type Secret, sleep } from '#kernel';
import { type Attempts, type Limits, openAttempts, openLimits, openSharedMinutes } from '#limits';
import { type Metrics, openMetrics } from '#metrics';
import { openProviderKeys, type ProviderKeys } from '#provider-keys';
import { keepIncidents, openRouter, type Router } from '#routing';
import { openStorage, type Storage } from '#storage';
import { openTelemetry, type Telemetry } from '#telemetry';
import { openConnectors, openSandbox } from '#upstream';
import { openVault } from '#vault';
import { openBillingRoom } from './app/billing-room.ts';
import { creditsDoor } from './app/credits-door.ts';
import { hearOthers, sayOn } from './app/heartbeats.ts';
import { deriveWrappingKey } from './app/keys-rotation.ts';
import { loadOf } from './app/load.ts';
import { unreadyBecause } from './app/readiness.ts';
import { confirmedByAll, removedByAll } from './app/revocation.ts';
import { openSignIn } from './app/sign-in.ts';
import { Site } from './app/site.ts';

export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  /** Being opened already; by default it is opened here. */
  readonly storage?: Promise<Storage> | undefined;
  /** Writes to the terminal of who runs it; by default standard output. */
  readonly show?: (text: string) => void;
  /**
   * Called when everything but the server is open: frees the address for it and answers the port.
   * By default nobody has it, and the port is the configured one.
   */
  readonly vacate?: () => Promise<number>;
}

/** Bourse, running. */
export interface App {
  readonly url: string;
  /** What only the start that made them knows; null on later ones. */
  readonly made: { readonly adminKey: Secret | null; readonly demoKey: Secret | null };
  /** Stops accepting, lets completions finish, settles, and closes every room. */
  close(): Promise<void>;
}

interface Ground {
  readonly storage: Storage;
  readonly secrets: Secrets;
  readonly bus: Bus;
  readonly credits: Credits;
  readonly billing: Billing;
}

interface Middle {
  readonly identity: Identity;
  readonly catalog: Catalog;
  readonly providerKeys: ProviderKeys;
  readonly limits: Limits;
  readonly attempts: Attempts;
  readonly metrics: Metrics;
  readonly router: Router;
  readonly completions: Completions;
  readonly telemetry: Telemetry;
}

/** Remembers how to close what was opened, the last first. */
type Keep = <T>(room: T, close: (room: T) => Promise<void> | void) => T;

/** How long a shutdown waits for clients to take what has ended. */
const lastWordsMs = 5_000;

/** What the demo organization begins with. */
const demoCredits = parseMoney('10');

/**
 * Opens every room from the ground up, joins them, and listens: the only place where rooms meet.
 * When one fails to open, those before it are closed again.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const closings: (() => Promise<void> | void)[] = [];
  const keep: Keep = (room, close) => {
    closings.unshift(() => close(room));
    return room;
  };
  const closeAll = async () => {
    for (const close of closings.splice(0)) await close();
  };
  try {
    const site = new Site(options.config);
    const ground = await openGround(options, site, keep);
    const demoKey = await firstStart({
      ...options,
      ...ground,
      cipher: ground.secrets.cipher,
      demoKey: options.config.demoKey,
      openAccount,
      grantDemoCredits: (organizationId) => grantDemo(ground.billing, organizationId),
    });
    const middle = await openMiddle(options, ground, keep);
    join(options, ground, middle);
    const doors = { ...options, ...ground, ...middle, site };
    const people = keep(await openSignIn(doors), (room) => room.close());
    return await serve(options, { ...ground, ...middle, site, people, demoKey, closeAll });
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
}

async function openGround(options: AppOptions, site: Site, keep: Keep): Promise<Ground> {
  const { config, clock, log } = options;
  const { dataDir, redisUrl } = config;
  const opening = options.storage ?? openStorage({ ...config, clock, log });
  const storage = keep(await opening, (room) => room.close());
  const secrets = await openSecrets(config);
  const prefix = installationName(secrets);
  const bus = keep(await openBus({ redisUrl, clock, log, prefix }), (room) => room.close());
  const credits = await openCredits({
    storage,
    clock,
    log,
    dataDir,
    shared: redisUrl !== null,
    recall: (account) => bus.publish('recall', { account }),
    say: sayOn(bus),
    appliedChange: () => storage.changes.applied,
  });
  keep(credits, (room) => room.close());
  const known = { config, clock, log, storage, credits, secrets, bus, site };
  const billing = keep(await openBillingRoom(known), (room) => room.close());
  return { storage, secrets, bus, credits, billing };
}

/**
 * Nodes of one installation share its encryption key; others that use the same Redis do not hear
 * them.
 */
const installationName = ({ cipher }: Secrets) =>
  `bourse:${Buffer.from(cipher.derive('installation 1')).toString('hex', 0, 8)}`;

async function openMiddle(options: AppOptions, ground: Ground, keep: Keep): Promise<Middle> {
  const { config, clock, random, log } = options;
  const { storage, secrets, bus, credits } = ground;
  const { cipher, adminKey } = secrets;
  const announceRevocation = (apiKey: string) => bus.publish('revoked', { apiKey });
  const { redisUrl } = config;
  const prefix = installationName(secrets);
  const counting = await openAttempts({ redisUrl, prefix, clock, log });
  const attempts = keep(counting, (room) => room.close());
  const people = { storage, clock, log, cipher, adminKey, openAccount, announceRevocation };
  const alone = await openIdentity({ ...people, guesses: attempts });
  keep(alone, (room) => room.close());
  const identity = confirmedByAll(alone, { credits, storage, log });
  const wrappingKey = deriveWrappingKey(cipher);
  const vault = await openVault({ storage, clock, wrappingKey });
  const sandbox = keep(await openSandbox({ clock, random, log }), (room) => room.close());
  const catalog = await openCatalog({
    storage,
    clock,
    log,
    secretFromEnvironment: config.secretFromEnvironment,
    addressFromEnvironment: config.addressFromEnvironment,
    seal: (tx, secret, at) => vault.seal(tx, secret, at),
    unseal: (sealed, at) => vault.unseal(sealed, at),
    sandboxUrl: () => sandbox.url,
    sandboxSecret: () => sandbox.secret,
    local: config.ollamaBaseUrl ? { url: config.ollamaBaseUrl, fetch } : null,
  });
  keep(catalog, (room) => room.close());
  const metrics = keep(await openCounting(options, ground), (room) => room.close());
  const market = () => catalog.market();
  const medians = (endpointId: string) => metrics.medians(endpointId);
  const keeping = { storage, clock, log, identity, vault, market };
  const ownKeys = keep(await openProviderKeys(keeping), (room) => room.close());
  const providerKeys = removedByAll(ownKeys, { credits, storage, log });
  const hasOwnKey = (id: string) => providerKeys.has(id);
  const { keep: keepRefusals } = catalog.refusals;
  const routing = { clock, random, market, medians, hasOwnKey, keepRefusals };
  const router = keep(openRouter(routing), (room) => room.close());
  keep(keepIncidents({ clock, log, router, kept: catalog.incidents }), (stop) => stop());
  const shared = redisUrl && (await openSharedMinutes({ redisUrl, prefix, clock, log }));
  if (shared) keep(shared, (minutes) => minutes.close());
  const limits = openLimits({ clock, shared });
  const telemetry = keep(await openWatching(options, market), (room) => room.close());
  const running = openCompletions({
    clock,
    log,
    router,
    credits,
    identity,
    storage,
    cipher,
    bus,
    market,
    limits,
    metrics,
    providerKeys,
    connectors: openConnectors({ clock, log }),
    feeRate: config.platformFeeRate,
    observer: telemetry,
  });
  const rooms = { identity, catalog, providerKeys, limits, attempts, metrics, router };
  const completions = keep(running, (room) => room.close());
  return { ...rooms, completions, telemetry };
}

/** What operators watch. */
const openWatching = ({ clock, version, config }: AppOptions, market: () => Market) =>
  openTelemetry({
    clock,
    version,
    otlpEndpoint: config.otlpEndpoint ?? null,
    endpoint: (id) => market().endpoint(id),
  });

/** What this node counts is told to the others. */
const openCounting = ({ clock, log }: AppOptions, { storage, bus, credits }: Ground) =>
  openMetrics({
    storage,
    clock,
    log,
    source: credits.session,
    publish: (message) => bus.publish('metrics', message),
  });

/** What one room says, those whom it concerns hear: on this node and on the others. */
function join({ log }: AppOptions, ground: Ground, middle: Middle): void {
  const { storage, bus, credits, billing } = ground;
  const { identity, metrics, router, completions } = middle;
  const readChanges = () => {
    storage.changes.read().catch((error) => log.warn('changes could not be read', { error }));
  };
  storage.changes.onCommit((number) => bus.publish('changes', { number: String(number) }));
  bus.subscribe('changes', readChanges);
  bus.onHealed(readChanges);
  credits.onLooked((change) => {
    if (change !== storage.changes.applied) readChanges();
  });
  hearOthers(bus, credits);
  bus.subscribe('recall', ({ account }) => credits.recalled(account));
  credits.onMoved((organizations) => bus.publish('moved', { organizations }));
  bus.subscribe('moved', ({ organizations }) => billing.moved(organizations));
  bus.subscribe('credits', ({ organization }) => billing.changed(organization));
  bus.subscribe('metrics', (message) => metrics.apply(message));
  bus.subscribe('revoked', ({ apiKey }) => identity.deny(apiKey));
  identity.onRevoked((ended) => completions.endRunsOf(ended));
  identity.onLeft((membershipId) => completions.endRunsOfMember(membershipId));
  identity.onLimit((limit) => credits.limited(limit));
  const node = String(credits.session);
  router.onNotice((notice) => bus.publish('breaker', { ...notice, node }));
  bus.subscribe('breaker', (notice) => {
    if (notice.node !== node) router.apply(notice);
  });
}

interface Serving extends Ground, Middle {
  readonly site: Site;
  readonly people: People;
  readonly demoKey: Secret | null;
  readonly closeAll: () => Promise<void>;
}

/** What is read sooner, the first request finds read; a long history is waited for at /ready. */
const warmMsMax = 500;

async function serve(options: AppOptions, rooms: Serving): Promise<App> {
  const { config, clock, random, log, version } = options;
  const { storage, secrets, credits, completions, metrics, demoKey, site } = rooms;
  const platform = {
    name: 'Bourse',
    version,
    feeRate: config.platformFeeRate,
    publicTrafficFloor: config.publicTrafficFloor,
    get publicUrl() {
      return site.url;
    },
  };
  const http = openHttp({
    rooms: { ...rooms, clock, log, platform, credits: creditsDoor(credits) },
    log,
    random,
    ready: () =>
      storage.ready().then(
        () => unreadyBecause(rooms),
        () => 'the database does not answer',
      ),
    trustProxy: config.trustProxy,
    anonymous: {
      sockets: config.anonymousSocketsPerAddress,
      feeds: config.anonymousFeedsPerAddress,
    },
    persistedDocuments: await readDocumentManifest(config.dataDir),
    telemetry: rooms.telemetry,
    demoKey: isOwnersAlone(config) ? ((demoKey ?? config.demoKey)?.reveal() ?? null) : null,
  });
  rooms.telemetry.watch(() => loadOf({ ...rooms, http }));
  await Promise.race([metrics.warmed(), sleep(clock, warmMsMax)]);
  const port = options.vacate ? await options.vacate() : config.port;
  site.listening(await http.listen(config.host, port));
  return {
    url: site.url,
    made: { adminKey: secrets.adminKeyIsNew ? secrets.adminKey : null, demoKey },
    async close() {
      http.drain(config.shutdownGraceMs);
      await completions.drain(config.shutdownGraceMs);
      await http.lastWords(lastWordsMs);
      await http.close();
      await rooms.closeAll();
    },
  };
}

/**
 * GraphiQL's page carries the demo key only where nobody but the owner of the machine can open it:
 * what stands behind a proxy or has an address for others listens on the loopback all the same.
 */
function isOwnersAlone({ host, trustProxy, publicUrl }: Config): boolean {
  const names = publicUrl === null ? [host] : [host, new URL(publicUrl).hostname];
  return !trustProxy && names.every((name) => /^(127\.|\[?::1\]?$|localhost$)/.test(name));
}

async function grantDemo(billing: Billing, organizationId: string): Promise<void> {
  const reason = 'Credits to begin with';
  const grant = { organizationId, amount: demoCredits, key: 'first-start:demo', reason };
  await billing.grant({ ...grant, actor: null });
}
