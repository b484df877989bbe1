import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bus, type BusTopics, openBus } from '#bus';
import { type Log, Secret, silentLog, systemClock } from '#kernel';
import { recordingLog } from '../harness/recording-log.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { keepsItsPromises } from './conformance.ts';
import { type PrivateRedis, privateRedis } from './private-redis.ts';

const opened: Bus[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((bus) => bus.close()));
});

async function node(url: string, prefix: string, log: Log = silentLog): Promise<Bus> {
  const redisUrl = new Secret(url);
  const bus = await openBus({ redisUrl, clock: systemClock, log, prefix });
  opened.push(bus);
  return bus;
}

const healed = (bus: Bus) => new Promise<void>((resolve) => void bus.onHealed(resolve));
const next = <T extends keyof BusTopics>(bus: Bus, topic: T) =>
  new Promise<BusTopics[T]>((resolve) => void bus.subscribe(topic, resolve));

describe('over Redis', () => {
  keepsItsPromises(async (log) => {
    const bus = await node(testRedisUrl, `bourse-test-${randomUUID()}`, log);
    expect(bus.connected).toBe(true);
    return bus;
  });
});

const put = async (bus: Bus, text: string, ms = 60_000) =>
  bus.shelf?.put('said', Buffer.from(text), ms);
const texts = async (bus: Bus) => (await bus.shelf?.read('said'))?.map(String);

it('what one node leaves, every node of the installation reads, until it is over', async () => {
  const prefix = `bourse-test-${randomUUID()}`;
  const [a, b] = [await node(testRedisUrl, prefix), await node(testRedisUrl, prefix)];
  const stranger = await node(testRedisUrl, `${prefix}-other`);
  await put(a, 'no more');
  await put(a, 'one');
  expect(await a.shelf?.add('said', Buffer.from([0, 255]), 60_000)).toBe(true);
  expect(await b.shelf?.read('said')).toEqual([Buffer.from('one'), Buffer.from([0, 255])]);
  expect(await texts(stranger)).toEqual([]);
  await a.shelf?.drop('said');
  expect(await texts(b)).toEqual([]);
  expect(await a.shelf?.add('said', Buffer.from('two'), 60_000)).toBe(false);
  expect(await texts(b)).toEqual([]);
  await put(a, 'three', 1);
  await expect.poll(() => texts(b)).toEqual([]);
});

it('a message reaches every other node once, and no other installation', async () => {
  const prefix = `bourse-test-${randomUUID()}`;
  const [a, b, c] = [
    await node(testRedisUrl, prefix),
    await node(testRedisUrl, prefix),
    await node(testRedisUrl, prefix),
  ];
  const stranger = await node(testRedisUrl, `${prefix}-other`);
  stranger.subscribe('revoked', () => expect.unreachable());
  const heard: string[] = [];
  b.subscribe('revoked', ({ apiKey }) => heard.push(`b ${apiKey}`));
  c.subscribe('revoked', ({ apiKey }) => heard.push(`c ${apiKey}`));
  const last = Promise.all([next(b, 'recall'), next(c, 'recall')]);
  a.publish('revoked', { apiKey: 'key_1' });
  a.publish('recall', { account: 'acc_1' });
  await last;
  expect(heard.sort()).toEqual(['b key_1', 'c key_1']);
});

it('messages of one node arrive in order, and none comes back to it a second time', async () => {
  const prefix = `bourse-test-${randomUUID()}`;
  const [a, b] = [await node(testRedisUrl, prefix), await node(testRedisUrl, prefix)];
  const numbers = Array.from({ length: 100 }, (_, index) => `${index}`);
  const [own, others]: [string[], string[]] = [[], []];
  a.subscribe('changes', ({ number }) => own.push(number));
  b.subscribe('changes', ({ number }) => others.push(number));
  b.subscribe('credits', () => b.publish('recall', { account: 'acc_1' }));
  const answered = next(a, 'recall');
  for (const number of numbers) a.publish('changes', { number });
  a.publish('credits', { organization: 'org_1' });
  await answered;
  expect([own, others]).toEqual([numbers, numbers]);
});

it('a message without a known form is dropped and logged, and the next one arrives', async () => {
  const prefix = `bourse-test-${randomUUID()}`;
  const log = recordingLog();
  const bus = await node(testRedisUrl, prefix, log);
  bus.subscribe('revoked', () => expect.unreachable());
  const heard = next(bus, 'recall');
  const client = await createClient({ url: testRedisUrl }).connect();
  await client.publish(`${prefix}:bus`, 'gibberish');
  const envelope = { kind: 'message', origin: 'x' };
  const broken = { ...envelope, topic: 'revoked', message: { apiKey: 5 } };
  const good = { ...envelope, topic: 'recall', message: { account: 'acc_1' } };
  await client.publish(`${prefix}:bus`, JSON.stringify(broken));
  await client.publish(`${prefix}:bus`, JSON.stringify(good));
  client.destroy();
  expect(await heard).toEqual({ account: 'acc_1' });
  expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
});

describe('when Redis goes away', () => {
  let redis: PrivateRedis;
  beforeEach(async () => {
    redis = await privateRedis();
    await redis.start();
  });
  afterEach(() => redis.remove());

  it('a killed server is dialled until it is back; then every node is told to look', async () => {
    const log = recordingLog();
    const [a, b] = [await node(redis.url, 'x', log), await node(redis.url, 'x')];
    await redis.kill();
    const own = next(a, 'revoked');
    a.publish('revoked', { apiKey: 'key_1' });
    expect(await own).toEqual({ apiKey: 'key_1' });
    const bothHealed = Promise.all([healed(a), healed(b)]);
    await redis.start();
    await bothHealed;
    expect([a.connected, b.connected]).toEqual([true, true]);
    const heard = next(b, 'recall');
    a.publish('recall', { account: 'acc_1' });
    expect(await heard).toEqual({ account: 'acc_1' });
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('a node that was cut off alone makes those who heard nothing from it look, too', async () => {
    const [a, b] = [await node(redis.url, 'x'), await node(redis.url, 'x')];
    const other = healed(b);
    const admin = await createClient({ url: redis.url }).connect();
    const [first] = (await admin.clientList({ TYPE: 'PUBSUB' })).sort((x, y) => x.id - y.id);
    await admin.clientKill({ filter: 'ID', id: first?.id ?? 0 });
    admin.destroy();
    await other;
    expect(a.connected && b.connected).toBe(true);
  });

  it('a frozen server blocks neither publishing nor closing, and is gone in seconds', async () => {
    const log = recordingLog();
    const [a, b] = [await node(redis.url, 'x', log), await node(redis.url, 'x')];
    redis.freeze();
    for (let number = 0; number < 5_000; number++) a.publish('changes', { number: `${number}` });
    await b.close();
    await expect.poll(() => a.connected).toBe(false);
    expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
    const back = healed(a);
    redis.thaw();
    await back;
    expect(a.connected).toBe(true);
  });

  it('what cannot be put or read is refused within seconds, and then works again', async () => {
    const bus = await node(redis.url, 'x');
    redis.freeze();
    const asked = Promise.allSettled([put(bus, 'one'), texts(bus)]);
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect.poll(() => bus.connected).toBe(false);
    await expect(put(bus, 'two')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const back = healed(bus);
    redis.thaw();
    await back;
    await put(bus, 'three');
    expect(await texts(bus)).toEqual(['three']);
  });

  it('a node starts within seconds beside a frozen server and heals when it answers', async () => {
    redis.freeze();
    const bus = await node(redis.url, 'x');
    expect(bus.connected).toBe(false);
    const back = healed(bus);
    redis.thaw();
    await back;
    expect(bus.connected).toBe(true);
  });
});
