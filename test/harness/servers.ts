import { connect } from 'node:net';

/**
 * Where tests find PostgreSQL and Redis; each has an address on this machine that its package
 * installs.
 */
export const testDatabaseUrl =
  process.env['TEST_DATABASE_URL'] ?? 'postgresql://root@127.0.0.1:5432/test';
export const testRedisUrl = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** True when something accepts connections at the address within a second. */
export function answers(address: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(address);
  const usual = protocol.startsWith('redis') ? 6379 : 5432;
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: port ? Number(port) : usual, timeout: 1_000 });
    const end = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
