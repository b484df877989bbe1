import type { Log, Secret } from '#kernel';

/**
 * Reconnects by itself; commands that it cannot send now fail at once. Loaded only where there is a
 * Redis: its client is 600 modules.
 */
export async function dial(url: Secret, log: Log) {
  const { createClient } = await import('redis');
  const client = createClient({ url: url.reveal(), disableOfflineQueue: true });
  client.on('error', (error) => log.debug('this node counts alone for now', { error }));
  client.connect().catch(() => {}); // told by the listener above
  return client;
}
