import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { type Clock, Secret, silentLog, systemClock } from '#kernel';
import { type Attempts, openAttempts } from '#limits';
import { type LossyProxy, lossyProxy } from '../harness/lossy-proxy.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const opened: (Attempts | LossyProxy)[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** A node of an installation that has this way to Redis. */
async function node(url: string, prefix: string, clock: Clock = systemClock): Promise<Attempts> {
  const redisUrl = new Secret(url);
  const attempts = await openAttempts({ redisUrl, prefix, clock, log: silentLog });
  opened.push(attempts);
  return attempts;
}

it('guesses count for all nodes together, and nowhere else', { timeout: 60_000 }, async () => {
  const prefix = `bourse-test-${randomUUID()}`;
  const [a, b] = [await node(testRedisUrl, prefix), await node(testRedisUrl, prefix)];
  const stranger = await node(testRedisUrl, `${prefix}-other`);
  let who = '';
  /** Whether the first guess at `b` is one too many, since those at `a` count: both reach Redis. */
  const waits = async () => {
    who = randomUUID();
    for (let guess = 0; guess < 10; guess++) await a.take('password', who);
    return b.take('password', who);
  };
  await expect.poll(waits, { timeout: 30_000 }).toBeGreaterThan(0);
  expect(await stranger.take('password', who)).toBeNull();
});

it('without Redis a node slows guesses by its own count', async () => {
  const { hostname: host, port } = new URL(testRedisUrl);
  const way = await lossyProxy({ host, port: Number(port || 6379) });
  opened.push(way);
  const alone = await node(`redis://127.0.0.1:${way.port}`, `bourse-test-${randomUUID()}`);
  await way.cut();
  let taken = 0;
  while ((await alone.take('password', 'mallory')) === null) taken++;
  expect(taken).toBeGreaterThanOrEqual(10);
  expect(taken).toBeLessThanOrEqual(20);
});

it('a Redis that falls silent keeps one guess waiting, and not for long', {
  timeout: 30_000,
}, async () => {
  const { hostname: host, port } = new URL(testRedisUrl);
  const way = await lossyProxy({ host, port: Number(port || 6379) });
  opened.push(way);
  const prefix = `bourse-test-${randomUUID()}`;
  const clock = virtualClock();
  const alone = await node(`redis://127.0.0.1:${way.port}`, prefix, clock);
  const near = await node(testRedisUrl, prefix);
  const shares = async () => {
    await clock.advance(1_000);
    const who = randomUUID();
    for (let guess = 0; guess < 10; guess++) await alone.take('password', who);
    return near.take('password', who);
  };
  await expect.poll(shares).toBeGreaterThan(0);
  way.freeze();
  const first = alone.take('password', 'mallory');
  await clock.advance(250);
  expect(await first).toBeNull();
  // The others ask nobody: no time passes for them.
  for (let guess = 1; guess < 10; guess++) {
    expect(await alone.take('password', 'mallory')).toBeNull();
  }
  expect(await alone.take('password', 'mallory')).not.toBeNull();
  await alone.giveBack('password', 'mallory');
});
