import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Storage } from '#storage';
import { type Catalog, importSnapshot } from '../../src/catalog/catalog.ts';
import type { CatalogChange } from '../../src/catalog/history.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { admin, catalogOver, dearer } from './catalog-stand.ts';
import { small } from './market-maker.ts';

const mine = { slug: 'mine', name: 'Mine', connector: 'openai-compatible' };
const pricing = { promptPerToken: '0.000001', completionPerToken: '0.000002' };
const own = { model: 'shut/gamma', provider: 'mine', upstreamModel: 'gamma-1', pricing };
const trouble = { status: 'DEGRADED', reason: 'Some requests failed.' } as const;
const down = { status: 'DOWN', reason: 'It keeps failing.' } as const;
const well = { status: 'UP', reason: null } as const;

/** What is told of the market's changes, on either database. */
export function historySuite(kind: DatabaseKind): void {
  let storage: Storage;
  let clock: VirtualClock;
  let catalog: Catalog;

  beforeEach(async () => {
    clock = virtualClock(Date.UTC(2026, 10, 24));
    storage = await freshDatabase(kind);
    catalog = await catalogOver({ storage, clock });
  });
  afterEach(() => storage.close());

  const told = async () =>
    (await storage.prisma.catalogChange.findMany({ orderBy: { number: 'asc' } })).map(
      ({ kind: what, modelSlug, providerSlug, reason }) =>
        [what, modelSlug, providerSlug, reason].filter(Boolean).join(' '),
    );
  const statuses = async () =>
    (await storage.prisma.catalogChange.findMany({ orderBy: { number: 'asc' } })).flatMap(
      ({ previousStatus, newStatus }) => (newStatus ? [`${previousStatus} → ${newStatus}`] : []),
    );
  const gamma = () => catalog.market().model('shut/gamma')?.endpoints[0]?.id ?? '';

  describe('what is told', () => {
    it('is nothing when an empty market is filled or a full one is imported again', async () => {
      await importSnapshot({ storage, clock }, small);
      expect(await told()).toEqual([]);
    });

    it('of an import is what came, went and has another price', async () => {
      const without = {
        ...dearer,
        models: dearer.models.filter(({ slug }) => slug !== 'open/beta-70b'),
        endpoints: dearer.endpoints.filter(({ model }) => model !== 'open/beta-70b'),
      };
      await importSnapshot({ storage, clock }, without);
      expect((await told()).toSorted()).toEqual([
        'ENDPOINT_PRICE_CHANGED shut/gamma quiet',
        'ENDPOINT_REMOVED open/beta-70b dear',
        'MODEL_REMOVED open/beta-70b',
      ]);
      const [change] = await storage.prisma.catalogChange.findMany({
        where: { kind: 'ENDPOINT_PRICE_CHANGED' },
        include: { previousPrice: true, newPrice: true },
      });
      expect(change?.subjectId).toBe(gamma());
      expect(change?.previousPrice).toMatchObject({ prompt: 0n, until: change?.at });
      expect(change?.newPrice).toMatchObject({ prompt: 10n ** 12n, until: null });
    });

    it('of an administrator is each thing once, and nothing where all is as before', async () => {
      const { upsertProvider, upsertModel, upsertEndpoint } = catalog.administration;
      const { setEndpointEnabled, removeEndpoint } = catalog.administration;
      const gone = { slug: 'shut/gamma', name: 'Gamma', author: 'shut', contextLength: 32_000 };
      await upsertProvider(admin, { ...mine, baseUrl: 'https://mine.example/v1' });
      const { id } = await upsertEndpoint(admin, own);
      await upsertEndpoint(admin, own);
      await upsertEndpoint(admin, { ...own, quantization: 'fp8' });
      await upsertProvider(admin, { ...mine, secret: 'a-credential' });
      await setEndpointEnabled(admin, id, false);
      await setEndpointEnabled(admin, id, true);
      await upsertModel(admin, { ...gone, deprecatedAt: new Date(clock.now()) });
      await upsertProvider(admin, { ...mine, name: 'Mine, renamed', trainsOnPrompts: false });
      await removeEndpoint(admin, id);
      expect(await told()).toEqual([
        'PROVIDER_ADDED mine',
        'ENDPOINT_ADDED shut/gamma mine',
        'ENDPOINT_CHANGED shut/gamma mine Changed: quantization.',
        'ENDPOINT_STATUS_CHANGED shut/gamma mine',
        'ENDPOINT_STATUS_CHANGED shut/gamma mine An administrator took it out.',
        'ENDPOINT_STATUS_CHANGED shut/gamma mine',
        'MODEL_DEPRECATED shut/gamma',
        'PROVIDER_CHANGED mine Changed: name, trainsOnPrompts.',
        'ENDPOINT_REMOVED shut/gamma mine',
      ]);
      expect(await statuses()).toEqual(['NOT_CONFIGURED → UP', 'UP → DISABLED', 'DISABLED → UP']);
    });

    it('is gone with a change that failed', async () => {
      const { upsertEndpoint } = catalog.administration;
      const dearest = { ...own, pricing: { ...pricing, promptPerToken: '-1' } };
      await expect(upsertEndpoint(admin, dearest)).rejects.toBeDefined();
      await expect(
        storage.write(async (tx) => {
          await tx.catalogChange.create({
            data: { at: new Date(clock.now()), kind: 'MODEL_ADDED', subjectId: 'mdl_none' },
          });
          throw new RangeError('the transaction fails');
        }),
      ).rejects.toThrow('the transaction fails');
      expect(await told()).toEqual([]);
    });
  });

  describe('an incident', () => {
    const seen = (what: typeof trouble | typeof down | typeof well) => [
      { endpointId: gamma(), ...what },
    ];
    beforeEach(() =>
      catalog.administration.upsertProvider(admin, {
        ...{ ...mine, slug: 'quiet', name: 'quiet' },
        secret: 'a-credential',
      }),
    );

    it('is kept once, however many nodes see it, at whatever time', async () => {
      const other = await catalogOver({ storage, clock });
      const node = [catalog.incidents, other.incidents];
      await Promise.all(node.map((one) => one.changed(seen(down))));
      await Promise.all(node.map((one) => one.standing(seen(down))));
      await Promise.all(node.map((one) => one.changed(seen(well))));
      expect((await statuses()).slice(1)).toEqual(['UP → DOWN', 'DOWN → UP']);
      expect((await told()).at(-2)).toContain(down.reason);
    });

    it('grows graver by what stands on another node, and lighter by what has changed', async () => {
      await catalog.incidents.changed(seen(trouble));
      await catalog.incidents.standing(seen(down));
      await catalog.incidents.standing(seen(trouble));
      await catalog.incidents.changed(seen(trouble));
      expect((await statuses()).slice(1)).toEqual([
        ...['UP → DEGRADED', 'DEGRADED → DOWN', 'DOWN → DEGRADED'],
      ]);
    });

    it('ends when no node has seen it for 90 seconds, and not as long as one does', async () => {
      await catalog.incidents.changed(seen(trouble));
      await clock.advance(60_000);
      await catalog.incidents.standing(seen(trouble));
      await clock.advance(60_000);
      await catalog.incidents.standing([]);
      expect((await statuses()).slice(1)).toEqual(['UP → DEGRADED']);
      await clock.advance(60_000);
      await catalog.incidents.standing([]);
      expect((await statuses()).slice(1)).toEqual(['UP → DEGRADED', 'DEGRADED → UP']);
    });

    it('of an endpoint that is in no table is not kept', async () => {
      await catalog.incidents.changed([{ endpointId: 'end_elsewhere', ...down }]);
      expect(await storage.prisma.endpointIncident.count()).toBe(0);
    });
  });

  describe('a follower', () => {
    const follow = (after: bigint | null, ends = new AbortController()) => {
      const changes = catalog.history.follow(after, ends.signal);
      const next = async () => (await changes.next()).value as CatalogChange;
      return { next, ends, changes };
    };
    const add = (slug: string) =>
      catalog.administration.upsertProvider(admin, { ...mine, slug, name: slug });

    it('hears what comes, and before it what it missed', async () => {
      const live = follow(null);
      const first = live.next();
      await add('one');
      await add('two');
      expect((await first).providerSlug).toBe('one');
      const again = follow((await first).number);
      expect((await again.next()).providerSlug).toBe('two');
      const third = again.next();
      await add('three');
      expect((await third).providerSlug).toBe('three');
    });

    it('shares its objects with the others, and ends with its signal', async () => {
      const [one, other] = [follow(null), follow(null)];
      const heard = Promise.all([one.next(), other.next()]);
      await add('one');
      const [here, there] = await heard;
      expect(here).toBe(there);
      const waiting = one.changes.next();
      one.ends.abort();
      expect((await waiting).done).toBe(true);
    });

    it('who leaves is no news to those who stay', async () => {
      const stays = new AbortController();
      let looked = 0;
      Object.defineProperty(stays.signal, 'aborted', { get: () => ++looked < 0 });
      void follow(null, stays).next();
      const leaving = follow(null);
      const last = leaving.changes.next();
      const before = looked;
      leaving.ends.abort();
      expect((await last).done).toBe(true);
      expect(looked).toBe(before);
    });

    it('who was away for longer than memory goes reads the table, and misses none', async () => {
      await add('one');
      const rows = Array.from({ length: 1_700 }, (_, index) => ({
        at: new Date(clock.now()),
        kind: 'MODEL_ADDED' as const,
        subjectId: `mdl_${index}`,
      }));
      await storage.write(async (tx) => {
        await tx.catalogChange.createMany({ data: rows });
        tx.change('catalog-history', '*');
      });
      const { next } = follow(1n);
      for (const { subjectId } of rows) expect((await next()).subjectId).toBe(subjectId);
    });
  });
}
