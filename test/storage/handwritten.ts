import pg from 'pg';
import type { Migration } from '../../src/storage/migrate.ts';

/**
 * What Prisma does not see in a database, a line each: CHECKs, functions, triggers, partitions, and
 * indexes with a condition or an expression.
 */
export async function handwritten(connection: pg.ClientConfig): Promise<string> {
  const rows = await read<{ line: string }>(connection, everything);
  return `${rows.map(({ line }) => line).join('\n')}\n`;
}

/** The functions themselves, as all migrations together leave them, each with its comment. */
export async function functionTexts(
  connection: pg.ClientConfig,
  migrations: readonly Migration[],
): Promise<string> {
  const rows = await read<{ name: string; text: string }>(connection, functions);
  const texts = rows.map(({ name, text }) => `${aboutOne(name, migrations)}\n${text.trimEnd()};\n`);
  return [aboutAll, ...texts].join('\n');
}

const aboutAll = `-- Every function of the database as all migrations together leave it: to be read,
-- and to see in a review what a migration changes. Nothing runs this file; a test writes it.
`;

/** The last migration that made it, and the comment above it there, or where it last had one. */
function aboutOne(name: string, migrations: readonly Migration[]): string {
  const made = new RegExp(`((?:^--.*\\n)*)^CREATE (?:OR REPLACE )?FUNCTION ${name}\\(`, 'gm');
  const found = migrations.flatMap((migration) =>
    [...migration.sql.matchAll(made)].map(([, comment = '']) => ({ migration, comment })),
  );
  const comment = found.findLast((one) => one.comment !== '')?.comment ?? '';
  return `-- ${found.at(-1)?.migration.name}\n${comment}`.trimEnd();
}

async function read<Row extends object>(connection: pg.ClientConfig, sql: string): Promise<Row[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const functions = `
  SELECT proname AS name, pg_get_functiondef(oid) AS text
  FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  ORDER BY proname COLLATE "C", pg_get_function_arguments(oid)`;

const everything = `
  SELECT line COLLATE "C" AS line FROM (
    SELECT format('check %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conparentid = 0 AND conislocal
    UNION ALL
    SELECT format('function %s(%s) returns %s', proname,
      pg_get_function_arguments(oid), pg_get_function_result(oid))
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('trigger %s', pg_get_triggerdef(oid))
    FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0
    UNION ALL
    SELECT format('partition %s of %s %s', child.oid::regclass, inhparent::regclass,
      pg_get_expr(child.relpartbound, child.oid))
    FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE child.relkind = 'r'
    UNION ALL
    SELECT format('partitioned %s %s', partrelid::regclass, pg_get_partkeydef(partrelid))
    FROM pg_partitioned_table
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(indexrelid))
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
      AND (indpred IS NOT NULL OR indexprs IS NOT NULL)
  ) AS found (line) ORDER BY 1`;
