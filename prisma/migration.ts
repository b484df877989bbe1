// `npm run migration -- <name>` writes what is between the migrations and schema.prisma as the next
// migration. What Prisma does not see (CHECKs, functions, triggers, partitions) is added to the
// file by hand.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#kernel';
import { migrationsFolder } from '../src/storage/storage.ts';
import { differenceTo, readSchema, withSchemaEngine } from './schema-engine.ts';
import { withScratchDatabase } from './scratch-database.ts';

const [name = ''] = process.argv.slice(2);
if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error('Say what changes, in small letters: npm run migration -- invitations');
  process.exit(2);
}

const schema = await readSchema();
const sql = await withScratchDatabase(migrationsFolder, (connection) =>
  withSchemaEngine(connection, (engine) => differenceTo(schema, engine)),
);
if (sql === null) {
  console.log('The migrations make exactly what schema.prisma says: there is nothing to write.');
} else {
  const time = new Date(systemClock.now()).toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrationsFolder, `${time}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), `${sql}\n`);
  console.log(`Wrote ${join(folder, 'migration.sql')}. Read it before you commit it.`);
}
