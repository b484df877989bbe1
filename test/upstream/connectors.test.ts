import { expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openConnectors } from '#upstream';

test('a connector is found by its name, always the same one', () => {
  const connectors = openConnectors({ clock: systemClock, log: silentLog });
  expect(connectors('openai-compatible')).not.toBeNull();
  expect(connectors('openai-compatible')).toBe(connectors('openai-compatible'));
});

test('there is none of another name', () => {
  const connectors = openConnectors({ clock: systemClock, log: silentLog });
  for (const name of ['', 'toString', 'carrier-pigeon']) expect(connectors(name)).toBeNull();
});
