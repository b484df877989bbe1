import { describe, expect, it } from 'vitest';
import { openBus } from '#bus';
import { silentLog, systemClock } from '#kernel';
import { keepsItsPromises } from './conformance.ts';

describe('in one process', () => {
  keepsItsPromises((log) => openBus({ redisUrl: null, clock: systemClock, log }));
});

it('a bus without Redis is always connected and never heals', async () => {
  const bus = await openBus({ redisUrl: null, clock: systemClock, log: silentLog });
  bus.onHealed(() => expect.unreachable());
  expect(bus.connected).toBe(true);
  await bus.close();
});
