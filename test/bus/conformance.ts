import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Bus, BusTopics } from '#bus';
import { recordingLog } from '../harness/recording-log.ts';

/** What every bus guarantees to the node that uses it, whatever carries the messages. */
export function keepsItsPromises(open: (log: ReturnType<typeof recordingLog>) => Promise<Bus>) {
  const log = recordingLog();
  let bus: Bus;
  beforeEach(async () => {
    log.lines.length = 0;
    bus = await open(log);
  });
  afterEach(() => bus.close());

  it('a node hears its own message exactly once, and not inside its own call', async () => {
    const heard: BusTopics['recall'][] = [];
    bus.subscribe('recall', (message) => heard.push(message));
    bus.publish('recall', { account: 'acc_1' });
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual([{ account: 'acc_1' }]);
    await roundTrip(bus);
    expect(heard).toHaveLength(1);
  });

  it('messages arrive in the order in which they were published', async () => {
    const heard: string[] = [];
    bus.subscribe('changes', ({ number }) => heard.push(number));
    for (let number = 1; number <= 100; number++) bus.publish('changes', { number: `${number}` });
    await roundTrip(bus);
    expect(heard).toEqual(Array.from({ length: 100 }, (_, index) => `${index + 1}`));
  });

  it('a subscriber hears its topic alone, and nothing after it has stopped', async () => {
    const heard: string[] = [];
    const stop = bus.subscribe('credits', ({ organization }) => heard.push(organization));
    const same = bus.subscribe('credits', ({ organization: one }) => heard.push(`same ${one}`));
    bus.publish('recall', { account: 'acc_1' });
    bus.publish('credits', { organization: 'one' });
    await roundTrip(bus);
    stop();
    stop();
    bus.publish('credits', { organization: 'two' });
    await roundTrip(bus);
    same();
    expect(heard).toEqual(['one', 'same one', 'same two']);
  });

  it('a subscriber that throws is logged and takes nothing from the others', async () => {
    const heard: string[] = [];
    bus.subscribe('revoked', () => {
      throw new RangeError('mine');
    });
    bus.subscribe('revoked', ({ apiKey }) => heard.push(apiKey));
    bus.publish('revoked', { apiKey: 'key_1' });
    await roundTrip(bus);
    expect(heard).toEqual(['key_1']);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { topic: 'revoked' } }]);
  });

  it('a closed bus delivers nothing, and neither publishing nor closing again throws', async () => {
    const heard: string[] = [];
    bus.subscribe('revoked', ({ apiKey }) => heard.push(apiKey));
    bus.publish('revoked', { apiKey: 'key_1' });
    await bus.close();
    const before = [...heard];
    bus.publish('revoked', { apiKey: 'key_2' });
    await Promise.resolve();
    await bus.close();
    expect(heard).toEqual(before);
  });
}

/** Resolves when a message published now has come back to its own node. */
async function roundTrip(bus: Bus): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = bus.subscribe('heartbeat', () => resolve());
  bus.publish('heartbeat', { session: 1, change: '1', at: 1, database: true });
  await promise;
  stop();
}
