import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type Log, Secret, silentLog, systemClock } from '#kernel';
import { type Limits, openLimits, openSharedMinutes } from '#limits';
import { hastyClock } from '../harness/hasty-clock.ts';
import { type LossyProxy, lossyProxy } from '../harness/lossy-proxy.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { testRedisUrl } from '../harness/servers.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const prefix = `bourse-test-${randomUUID()}`;
const freshKey = () => `key_${randomUUID()}`;

/** A node of an installation, once its way to Redis is open. */
async function node(url = testRedisUrl, log: Log = silentLog): Promise<Limits> {
  const options = { redisUrl: new Secret(url), prefix, clock: systemClock, log };
  const shared = await openSharedMinutes(options);
  closing.push(() => shared.close());
  await expect.poll(() => shared.take(freshKey(), 1, 1), { timeout: 30_000 }).not.toBeNull();
  return openLimits({ clock: systemClock, shared });
}

async function wayToRedis(): Promise<{ way: LossyProxy; url: string }> {
  const { hostname: host, port } = new URL(testRedisUrl);
  const way = await lossyProxy({ host, port: Number(port || 6379) });
  closing.push(() => way.close());
  return { way, url: `redis://127.0.0.1:${way.port}` };
}

/** A line to Redis that waits for nothing in the test, once it is open. */
async function hastyLine(url: string) {
  const clock = hastyClock();
  const shared = await openSharedMinutes({
    ...{ redisUrl: new Secret(url), prefix, clock, log: silentLog },
  });
  closing.push(() => shared.close());
  const counts = () => shared.take(freshKey(), 1, 1).then((count) => count !== null);
  const again = () => {
    clock.skip(1_000);
    return counts();
  };
  await expect.poll(again, { timeout: 30_000 }).toBe(true);
  return { clock, counts, again };
}

describe('the line to Redis', { timeout: 60_000 }, () => {
  it('is replaced when its other side has vanished', async () => {
    const { way, url } = await wayToRedis();
    const { clock, counts, again } = await hastyLine(url);
    way.strand();
    expect(await counts()).toBe(false);
    clock.skip(9_000);
    expect(await counts()).toBe(false);
    clock.skip(1_000);
    expect(await counts()).toBe(false);
    await expect.poll(again).toBe(true);
  });
});

describe('the limit of a key', { timeout: 60_000 }, () => {
  it('is one for all nodes, however their requests meet', async () => {
    const [a, b, key] = [await node(), await node(), freshKey()];
    const many = Array.from({ length: 40 }, (_, n) => (n % 2 ? a : b).takeShared(key, 7));
    const allowed = (await Promise.all(many)).filter((limit) => limit.allowed);
    expect(allowed).toHaveLength(7);
    const late = await b.takeShared(key, 7);
    expect(late).toMatchObject({ allowed: false, limit: 7, remaining: 0 });
    expect(late.retryAfterMs).toBeGreaterThan(50_000);
    expect(late.retryAfterMs).toBeLessThanOrEqual(62_000);
  });

  it('is known at each node, and costs nothing to ask for', async () => {
    const [a, b, key] = [await node(), await node(), freshKey()];
    await a.takeShared(key, 3);
    for (const _look of [1, 2]) {
      expect(await b.lookShared(key, 3)).toMatchObject({ allowed: true, remaining: 2 });
    }
    expect(b.look(key, 3).remaining).toBe(2);
    expect(await b.lookShared(key, 1)).toMatchObject({ allowed: false, remaining: 0 });
  });

  it('is still one when a node was too busy to read what had come', async () => {
    const log = recordingLog();
    const [busy, other, key] = [await node(testRedisUrl, log), await node(), freshKey()];
    log.lines.length = 0;
    await other.takeShared(key, 1);
    const asking = busy.takeShared(key, 1);
    await new Promise(setImmediate); // the question is on its way
    const until = performance.now() + 500;
    while (performance.now() < until);
    expect(await asking).toMatchObject({ allowed: false });
    expect(log.lines).toEqual([]);
  });

  it.each(['cut', 'freeze'] as const)(
    'holds on a node whose way to Redis is %s, from what it knew',
    async (breakage) => {
      const { way, url } = await wayToRedis();
      const log = recordingLog();
      const [far, near, key] = [await node(url, log), await node(), freshKey()];
      await near.takeShared(key, 5);
      await far.takeShared(key, 5);
      log.lines.length = 0;
      await way[breakage]();
      const alone = [];
      for (let request = 0; request < 5; request++) alone.push(await far.takeShared(key, 5));
      expect(alone.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false]);
      const warned = log.lines.filter(({ level }) => level === 'warn');
      expect(warned).toMatchObject([
        { message: expect.stringContaining('each node counts its own') },
      ]);
    },
  );
});
