import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Storage } from '#storage';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { admin, catalogOver } from './catalog-stand.ts';

const day = 86_400_000;
const evidence = 'temperature is not supported';
const stillTold = {
  model: 'shut/gamma',
  provider: 'quiet',
  upstreamModel: 'shut/gamma',
  pricing: { promptPerToken: '0', completionPerToken: '0' },
};

/** What an endpoint was seen to refuse, on either database. */
export function refusalsSuite(kind: DatabaseKind): void {
  let storage: Storage;
  let clock: VirtualClock;
  let catalog: Catalog;

  beforeEach(async () => {
    clock = virtualClock(Date.UTC(2026, 10, 24));
    storage = await freshDatabase(kind);
    catalog = await catalogOver({ storage, clock });
  });
  afterEach(async () => {
    catalog.close();
    await storage.close();
  });

  const gamma = (of = catalog) =>
    of.market().model('shut/gamma')?.endpoints[0] ?? expect.unreachable();
  const refuse = () => {
    const at = new Date(clock.now());
    return catalog.refusals.keep(gamma(), [{ parameter: 'temperature', at, evidence }]);
  };
  const reasons = async () =>
    (await storage.prisma.catalogChange.findMany({ orderBy: { number: 'asc' } })).map(
      ({ kind: what, reason }) => `${what} ${reason}`,
    );
  const known = { parameter: 'temperature', at: new Date(Date.UTC(2026, 10, 24)), evidence };

  it('is no more among what it takes, with the day and the words, and is told', async () => {
    expect(gamma().supportedParameters).toContain('temperature');
    expect(await refuse()).toBe(true);
    expect(gamma().supportedParameters).not.toContain('temperature');
    expect(gamma().refusals).toMatchObject([known]);
    expect(await reasons()).toEqual([`ENDPOINT_CHANGED It refused \`temperature\`: “${evidence}”`]);
  });

  it('is no more among what its model takes, until another endpoint takes it', async () => {
    const { administration } = catalog;
    const ofModel = () => catalog.market().model('shut/gamma')?.supportedParameters;
    const { name, author, contextLength } = gamma().model;
    const listed = { supportedParameters: ['temperature', 'tools'] };
    await administration.upsertModel(admin, {
      ...{ slug: 'shut/gamma', name, author, contextLength },
      ...listed,
    });
    await refuse();
    expect(ofModel()).toEqual(['tools']);
    const connector = 'openai-compatible';
    await administration.upsertProvider(admin, { slug: 'other', name: 'Other', connector });
    // What it takes is not said: it is what the model is listed for.
    const other = await administration.upsertEndpoint(admin, { ...stillTold, provider: 'other' });
    expect(ofModel()).toEqual(listed.supportedParameters);
    await administration.removeEndpoint(admin, other.id);
    expect(ofModel()).toEqual(['tools']);
  });

  it('is so on every node, and after a restart', async () => {
    const other = await catalogOver({ storage, clock });
    await refuse();
    expect(gamma(other).refusals).toMatchObject([known]);
    const later = await catalogOver({ storage, clock });
    expect(gamma(later).refusals).toMatchObject([known]);
    for (const one of [other, later]) one.close();
  });

  it('is forgotten after a day, so that it is tried anew', async () => {
    await refuse();
    await clock.advance(day - 600_000);
    expect(gamma().refusals).toHaveLength(1);
    const heard = new Promise<void>((resolve) =>
      storage.changes.on('catalog', async () => resolve()),
    );
    await clock.advance(1_200_000);
    await heard;
    expect(gamma().refusals).toEqual([]);
    expect(gamma().supportedParameters).toContain('temperature');
    expect(await reasons()).toContain('ENDPOINT_CHANGED `temperature` is tried anew.');
  });

  it('is void when an administrator says anew what it takes', async () => {
    await refuse();
    await catalog.administration.upsertEndpoint(admin, { ...stillTold, quantization: 'fp8' });
    expect(gamma().refusals).toHaveLength(1);
    const supportedParameters = ['temperature'];
    await catalog.administration.upsertEndpoint(admin, { ...stillTold, supportedParameters });
    expect(gamma().refusals).toEqual([]);
  });

  it('that cannot be written is no failure of anybody', async () => {
    await storage.prisma.$executeRaw`DROP TABLE refused_parameter`;
    expect(await refuse()).toBe(false);
  });
}
