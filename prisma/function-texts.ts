import pg from 'pg';
import type { Migration } from '../src/storage/migrate.ts';

type Made = Pick<Migration, 'name' | 'sql'>;

/**
 * The functions of a database as all its migrations together leave them, sorted by name: each with
 * the migration that last made it and the comment that it had there, or had last. `names` narrows
 * them; without any, all of them.
 */
export async function functionTexts(
  connection: pg.ClientConfig,
  migrations: readonly Made[],
  names: readonly string[] = [],
): Promise<readonly string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; text: string }>(definitions, [names]);
    return rows.map(({ name, text }) => `${aboutOne(name, migrations)}\n${text.trimEnd()};`);
  } finally {
    await client.end();
  }
}

const definitions = `
  SELECT proname AS name, pg_get_functiondef(oid) AS text
  FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace AND (proname = ANY ($1) OR $1 = '{}')
  ORDER BY proname COLLATE "C", pg_get_function_arguments(oid)`;

function aboutOne(name: string, migrations: readonly Made[]): string {
  const made = new RegExp(`((?:^--.*\\n)*)^CREATE (?:OR REPLACE )?FUNCTION ${name}\\(`, 'gm');
  const found = migrations.flatMap((migration) =>
    [...migration.sql.matchAll(made)].map(([, comment = '']) => ({ migration, comment })),
  );
  const comment = found.findLast((one) => one.comment !== '')?.comment ?? '';
  return `-- ${found.at(-1)?.migration.name}\n${comment}`.trimEnd();
}
