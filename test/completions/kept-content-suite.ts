import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { derivedId } from '#kernel';
import type { Storage } from '#storage';
import { KeptContent, type Said } from '../../src/completions/history/kept-content.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';

const dayMs = 86_400_000;
const organizationId = derivedId('organization', 'keeps');

/** What is kept of completions, on either database. */
export function keptContentSuite(kind: DatabaseKind): void {
  let storage: Storage;
  let clock: VirtualClock;
  let kept: KeptContent;
  let away = false;
  const log = recordingLog();

  beforeAll(async () => {
    storage = await freshDatabase(kind);
    const data = { id: organizationId, slug: 'keeps', name: 'Keeps' };
    await storage.prisma.organization.create({ data });
  });
  beforeEach(async () => {
    away = false;
    clock = virtualClock(Date.UTC(2026, 5, 1));
    const query: Storage['query'] = (sql, parameters) =>
      away ? Promise.reject(new RangeError('away')) : storage.query(sql, parameters);
    kept = new KeptContent({ storage: { query }, clock, log });
    await keepFor(2);
  });
  afterEach(async () => {
    await kept.close();
    await storage.prisma.completionContent.deleteMany();
  });
  afterAll(() => storage.close());

  const keepFor = (retainContentDays: number) =>
    storage.prisma.organization.update({
      where: { id: organizationId },
      data: { retainContentDays },
    });

  const said = (completionId: string): Said => ({
    completionId,
    organizationId,
    endedAt: new Date(clock.now()),
    content: {
      text: 'Mind the \u0000 gap, and half of an \ud83d emoji',
      reasoning: null,
      reasoningDetails: null,
      refusal: null,
      annotations: null,
      toolCalls: [{ index: 0, callId: 'c', name: 'look', arguments: '{}' }],
      stopSequence: null,
      messages: [{ role: 'user', content: 'Between us' }],
    },
  });

  test('it is read as it was said, whatever characters there are', async () => {
    kept.keep(said('cmp_1'));
    await kept.flush();
    expect(await kept.find('cmp_1')).toEqual(said('cmp_1').content);
    expect(await kept.find('cmp_2')).toBeNull();
  });

  test('it is deleted when its days are over, and not before', async () => {
    kept.keep(said('cmp_1'));
    await clock.advance(dayMs);
    kept.keep(said('cmp_2'));
    await kept.flush();
    await clock.advance(dayMs - 60_000);
    await kept.sweep();
    expect(await kept.find('cmp_1')).not.toBeNull();
    await clock.advance(60_000);
    await kept.sweep();
    expect(await kept.find('cmp_1')).toBeNull();
    expect(await kept.find('cmp_2')).not.toBeNull();
  });

  test('fewer days take effect with the next sweep; none keeps nothing', async () => {
    kept.keep(said('cmp_1'));
    await kept.flush();
    await keepFor(0);
    await kept.sweep();
    expect(await kept.find('cmp_1')).toBeNull();
  });

  test('a sweep deletes all of it, however much there is', async () => {
    const many = Array.from({ length: 1_050 }, (_, at) => said(`cmp_${at}`));
    for (const one of many) kept.keep(one);
    await kept.flush();
    await keepFor(0);
    await kept.sweep();
    expect(await storage.prisma.completionContent.count()).toBe(0);
  });

  test('what finds no database waits for it', async () => {
    away = true;
    kept.keep(said('cmp_1'));
    await kept.flush();
    expect(log.lines.at(-1)?.message).toBe('what was said in completions is not kept yet');
    away = false;
    await kept.flush();
    expect(await kept.find('cmp_1')).not.toBeNull();
  });
}
