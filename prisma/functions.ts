// `npm run functions -- <name> …` prints the SQL functions of these names, or without a name all of
// them, as the migrations together leave them: several have been changed by later migrations.
import { readMigrations } from '../src/storage/migrate.ts';
import { migrationsFolder } from '../src/storage/storage.ts';
import { functionTexts } from './function-texts.ts';
import { withScratchDatabase } from './scratch-database.ts';

const names = process.argv.slice(2);
const migrations = await readMigrations(migrationsFolder);
const texts = await withScratchDatabase(migrationsFolder, (connection) =>
  functionTexts(connection, migrations, names),
);
if (texts.length === 0) {
  console.error(`No function is named ${names.join(', ')}.`);
  process.exit(2);
}
console.log(texts.join('\n\n'));
