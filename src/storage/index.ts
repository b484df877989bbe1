/**
 * storage: the one database of a Bourse, PostgreSQL or embedded, and the numbered changes in it. It
 * owns the connections, the migrations, the data directory's lock and the numbers of changes; it
 * refuses to know what the tables of other rooms mean.
 *
 * 1. Both databases are used through one driver, with the same SQL and the same migrations.
 * 2. One process at a time has a data directory; the kernel frees its lock when that process dies.
 * 3. A migration is applied whole or not at all, once, however many nodes start; an edited one is
 *    refused.
 * 4. `query` is one committed statement; money is moved by nothing else.
 * 5. Changes are numbered in the order of their commits: who has applied number n has missed none
 *    before it.
 * 6. A write is applied here before it resolves; a lost message delays another node, but never
 *    costs it a change.
 * 7. A database that is away, takes no writes or has no room makes statements fail within seconds
 *    as UNAVAILABLE; nothing ends, and the connection is found again.
 */
export type { Transaction } from './changes.ts';
export { isHeld, makeFolder, unusable } from './data-directory.ts';
export { type default as PrismaTypes, getDatamodel } from './generated/pothos.ts';
export { Prisma, type PrismaClient } from './generated/prisma/client.ts';
export * from './generated/prisma/enums.ts';
export { asFault, isLockTimeout, isOutage } from './outage.ts';
export {
  openStorage,
  prepareStorage,
  type Storage,
  type StorageOptions,
  startStorage,
} from './storage.ts';
