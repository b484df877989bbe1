import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Migration } from './migrate.ts';

/** Made at the install and, like all that is, gone with `node_modules`. */
const installed = fileURLToPath(new URL('../../node_modules/.cache/database', import.meta.url));

/**
 * Lets `make` fill a data directory with an embedded database, which new ones are copied from: to
 * make one takes PGlite seconds. It is there whole or not at all, and takes the place of others.
 */
export async function keepTemplate(
  migrations: readonly Migration[],
  make: (dataDir: string) => Promise<void>,
  folder = installed,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const making = join(folder, 'making');
  await mkdir(making, { recursive: true });
  await make(making);
  await rename(join(making, 'database'), placeOf(folder, migrations));
  await rm(making, { recursive: true });
}

/**
 * Puts a copy of the template at `files`, where no database is yet; does nothing when there is one,
 * or no template of these migrations. A copy that was cut short is begun anew by the next start.
 */
export async function copyTemplate(
  files: string,
  migrations: readonly Migration[],
  folder = installed,
): Promise<void> {
  const template = placeOf(folder, migrations);
  if ((await exists(files)) || !(await exists(template))) return;
  const copy = join(dirname(files), 'database.copy');
  await rm(copy, { recursive: true, force: true });
  // Twenty times as fast as its asynchronous sibling.
  cpSync(template, copy, { recursive: true });
  await rename(copy, files);
}

/** One that other migrations made would be refused as an edited one. */
function placeOf(folder: string, migrations: readonly Migration[]): string {
  const state = createHash('sha256').update(JSON.stringify(migrations)).digest('hex');
  return join(folder, state.slice(0, 16));
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
