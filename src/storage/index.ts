/**
 * storage: the one database of a Bourse, PostgreSQL or embedded, and the news of what changed in
 * it. It owns the connections, the migrations, the data directory's lock and the numbers of
 * changes; it refuses to know what the tables of other rooms mean.
 *
 * 1. Both databases are spoken to by one driver, with one SQL and one set of migrations.
 * 2. One process has a data directory; the kernel frees it when that process is dead.
 * 3. A migration is applied whole or not at all, once, however many nodes start; an edited one is
 *    refused.
 * 4. `query` is one committed statement; whoever moves money uses nothing else.
 * 5. Changes are numbered in the order of their commits: who has applied number n has missed none
 *    before it.
 * 6. A write is applied here before it resolves; a lost message to another node costs it time,
 *    never a change.
 * 7. A database that is away, takes no writes or has no room fails statements within seconds as
 *    UNAVAILABLE, ends nothing, and is found again.
 */
export type { Apply, Changes, Transaction } from './changes.ts';
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
