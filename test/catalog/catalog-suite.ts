import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInput } from '#kernel';
import type { Storage } from '#storage';
import {
  type Catalog,
  type CatalogOptions,
  importSnapshot,
  readShipped,
} from '../../src/catalog/catalog.ts';
import { sandboxSnapshot } from '../../src/catalog/sandbox.ts';
import type { Snapshot } from '../../src/catalog/snapshot.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { admin, catalogOver, dearer } from './catalog-stand.ts';
import { small } from './market-maker.ts';

const pricing = { promptPerToken: '0.000001', completionPerToken: '0.000002' };
const own = { model: 'shut/gamma', provider: 'mine', upstreamModel: 'gamma-1', pricing };
const mine = { slug: 'mine', name: 'Mine', connector: 'openai-compatible' };

/** What the catalog promises on either database. */
export function catalogSuite(kind: DatabaseKind): void {
  let storage: Storage;
  let clock: VirtualClock;

  beforeEach(async () => {
    clock = virtualClock(Date.UTC(2026, 10, 24));
    storage = await freshDatabase(kind);
  });
  afterEach(() => storage.close());

  const open = (shipped: Snapshot = small, more: Partial<CatalogOptions> = {}): Promise<Catalog> =>
    catalogOver({ storage, clock }, shipped, more);

  const pricesOf = (endpointId: string) =>
    storage.prisma.priceVersion.findMany({ where: { endpointId }, orderBy: { from: 'asc' } });

  describe('an import', () => {
    it('fills an empty database with the shipped catalog within seconds', async () => {
      const shipped = await readShipped();
      const catalog = await open(shipped);
      const { models, providers } = catalog.market();
      expect(models).toHaveLength(shipped.models.length + 10);
      expect(providers).toHaveLength(shipped.providers.length + 4);
      expect(catalog.market().model('claude-sonnet-4-5')?.slug).toBe('anthropic/claude-sonnet-4.5');
      expect(await importSnapshot({ storage, clock }, shipped)).toBe(false);
    });

    it('of a provider whose address in the environment is none stops the first start', async () => {
      const addressFromEnvironment = (name: string) => {
        throw InvalidInput.at(name, 'It is not an address.');
      };
      const opened = open(small, { addressFromEnvironment });
      await expect(opened).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    });

    it('gives every install the same ids', async () => {
      const catalog = await open();
      expect(catalog.market().model('shut/gamma')?.id).toBe('mdl_w7qfc3mke2vtr9101zsbpxxrr9');
    });

    it('of another price ends the one in force where the next begins, and keeps both', async () => {
      const catalog = await open();
      const id = catalog.market().model('shut/gamma')?.endpoints[0]?.id ?? '';
      await clock.advance(60_000);
      await importSnapshot({ storage, clock }, dearer);
      const [before, after] = await pricesOf(id);
      expect(before).toMatchObject({ prompt: 0n, until: new Date('2026-11-24T00:01:00Z') });
      expect(after).toMatchObject({ prompt: 10n ** 12n, from: before?.until, until: null });
      expect(catalog.market().endpoint(id)?.pricing).toMatchObject({ id: after?.id });
    });

    it('is done once when two nodes start at the same time', async () => {
      await Promise.all([open(), open()]);
      const offers = [...small.endpoints, ...sandboxSnapshot.endpoints];
      expect(await storage.prisma.priceVersion.count()).toBe(offers.length);
    });
  });

  describe('an administrator', () => {
    it('makes a provider, a model and an offer that are there at once', async () => {
      const { market, administration } = await open();
      await administration.upsertProvider(admin, { ...mine, baseUrl: 'https://mine.example/v1' });
      const input = { slug: 'me/mine', name: 'My Own', author: 'me', contextLength: 9_000 };
      await administration.upsertModel(admin, { ...input, aliases: ['mine'] });
      const made = await administration.upsertEndpoint(admin, { ...own, model: 'mine' });
      expect(market().model('me/mine')?.endpoints).toEqual([made]);
      expect(made).toMatchObject({ contextLength: 9_000, enabled: true, removedAt: null });
      expect(made.provider.configured).toBe(false);
      expect(market().search('my own')[0]?.slug).toBe('me/mine');
    });

    it('gives a credential that is sealed, works, and is in no event', async () => {
      const { market, administration } = await open();
      const secret = 'canary-credential';
      await administration.upsertProvider(admin, { ...mine, baseUrl: 'https://m.example', secret });
      expect(market().provider('mine')).toMatchObject({ configured: true });
      expect(market().provider('mine')?.secret?.reveal()).toBe(secret);
      const row = await storage.prisma.provider.findFirst({ where: { slug: 'mine' } });
      expect(Buffer.from(row?.sealedSecret ?? []).toString()).not.toContain(secret);
      expect(JSON.stringify(await storage.prisma.auditEvent.findMany(), textOfBig)).not.toContain(
        secret,
      );
    });

    it('leaves what is not given, clears what is null', async () => {
      const { administration } = await open();
      const homepage = 'https://mine.example/';
      await administration.upsertProvider(admin, { ...mine, homepage, trainsOnPrompts: false });
      const renamed = await administration.upsertProvider(admin, { ...mine, name: 'Renamed' });
      expect(renamed).toMatchObject({ name: 'Renamed', homepage });
      expect(renamed.dataPolicy.trainsOnPrompts).toBe(false);
      const cleared = await administration.upsertProvider(admin, { ...mine, homepage: null });
      expect(cleared.homepage).toBeNull();
    });

    it('changes a price: the old one keeps its days; an equal one starts no version', async () => {
      const { administration } = await open();
      await administration.upsertProvider(admin, mine);
      const { id } = await administration.upsertEndpoint(admin, own);
      await clock.advance(1_000);
      await administration.upsertEndpoint(admin, { ...own, quantization: 'fp8' });
      expect(await pricesOf(id)).toHaveLength(1);
      const dear = { ...pricing, promptPerToken: '0.000003' };
      const changed = await administration.upsertEndpoint(admin, { ...own, pricing: dear });
      expect(changed).toMatchObject({ quantization: 'fp8', pricing: { prompt: 3n * 10n ** 12n } });
      const [old, current] = await pricesOf(id);
      expect(old).toMatchObject({ prompt: 10n ** 12n, until: current?.from });
    });

    it('switches an offer off and on, and takes it away for good', async () => {
      const { market, administration } = await open();
      const id = market().model('shut/gamma')?.endpoints[0]?.id ?? '';
      expect((await administration.setEndpointEnabled(admin, id, false)).enabled).toBe(false);
      expect(market().model('shut/gamma')?.endpoints).toHaveLength(1);
      expect((await administration.setEndpointEnabled(admin, id, true)).enabled).toBe(true);
      const removed = await administration.removeEndpoint(admin, id);
      expect(removed.removedAt).not.toBeNull();
      expect(market().model('shut/gamma')?.endpoints).toEqual([]);
      await importSnapshot({ storage, clock }, dearer);
      expect(market().model('shut/gamma')?.endpoints).toEqual([]);
    });

    it('hears of what is not there or taken', async () => {
      const { administration } = await open();
      const code = (value: string) => expect.objectContaining({ code: value });
      const model = { slug: 'me/mine', name: 'Mine', author: 'me', contextLength: 1 };
      const { upsertEndpoint, upsertModel, upsertProvider, removeEndpoint } = administration;
      await expect(upsertEndpoint(admin, own)).rejects.toEqual(code('NOT_FOUND'));
      await expect(removeEndpoint(admin, 'end_no')).rejects.toEqual(code('NOT_FOUND'));
      const taken = { ...model, aliases: ['shut/gamma'] };
      await expect(upsertModel(admin, taken)).rejects.toEqual(code('CONFLICT'));
      const simulated = { ...mine, slug: 'sandbox' };
      await expect(upsertProvider(admin, simulated)).rejects.toEqual(code('CONFLICT'));
    });

    it('gets a name once when two ask for it at the same moment, on two nodes', async () => {
      const nodes = [await open(), await open()];
      const asked = nodes.map(({ administration }, n) =>
        administration.upsertModel(admin, {
          ...{ slug: `me/number-${n}`, name: 'Mine', author: 'me', contextLength: 1 },
          aliases: ['me/mine'],
        }),
      );
      const ended = (await Promise.allSettled(asked)).map((each) =>
        each.status === 'fulfilled' ? 'ok' : each.reason.code,
      );
      expect(ended.sort()).toEqual(['CONFLICT', 'ok']);
    });

    it('is in the audit with each deed; a deed that failed is not', async () => {
      const { market, administration } = await open();
      await administration.upsertProvider(admin, mine);
      const { id } = await administration.upsertEndpoint(admin, own);
      await administration.setEndpointEnabled(admin, id, false);
      await administration.removeEndpoint(admin, id);
      await administration.removeEndpoint(admin, id).catch(() => {});
      const events = await storage.prisma.auditEvent.findMany({ orderBy: { number: 'asc' } });
      expect(events.map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
        [admin, 'provider.written', market().provider('mine')?.id],
        [admin, 'endpoint.written', id],
        [admin, 'endpoint.disabled', id],
        [admin, 'endpoint.removed', id],
      ]);
    });
  });

  it('a model server of one’s own is listed, followed, and kept while it is silent', async () => {
    const answers = [['one'], ['one', 'two'], null];
    const get: typeof fetch = async () => {
      const ids = answers.shift();
      if (!ids) throw new TypeError('fetch failed');
      return Response.json({ data: ids.map((id) => ({ id })) });
    };
    const local = { url: 'http://127.0.0.1:11434', fetch: get };
    const { market, close } = await open(small, { local });
    const slugs = () =>
      market()
        .provider('ollama')
        ?.endpoints.map(({ model }) => model.slug);
    expect(slugs()).toEqual(['ollama/one']);
    expect(market().provider('ollama')).toMatchObject({ configured: true, secret: null });
    await clock.advance(20_000);
    expect(answers).toEqual([]);
    expect(slugs()).toEqual(['ollama/one', 'ollama/two']);
    close();
    expect(clock.pending).toBe(0);
  });

  it('another reader of the same changes has the same market', async () => {
    const [writer, reader] = [await open(), await open()];
    const before = reader.market().version;
    await writer.administration.upsertProvider(admin, mine);
    await storage.changes.read();
    expect(reader.market().provider('mine')?.name).toBe('Mine');
    expect(reader.market().version).toBeGreaterThan(before);
  });

  it('a market that was handed out never changes', async () => {
    const { market, administration } = await open();
    const before = market();
    await administration.upsertProvider(admin, mine);
    expect(before.provider('mine')).toBeUndefined();
    expect(market()).not.toBe(before);
  });
}

const textOfBig = (_key: string, value: unknown) =>
  typeof value === 'bigint' ? `${value}` : value;
