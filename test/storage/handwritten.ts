import { createHash } from 'node:crypto';
import pg from 'pg';

/**
 * What Prisma does not see in a database, a line each: CHECKs, functions (with the hash of their
 * text), triggers, partitions, and indexes with a condition or an expression.
 */
export async function handwritten(connection: pg.ClientConfig): Promise<string> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string; body: string | null }>(everything);
    return `${rows.map(({ line, body }) => line + (body ? `  # ${hash(body)}` : '')).join('\n')}\n`;
  } finally {
    await client.end();
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

const everything = `
  SELECT line COLLATE "C" AS line, body FROM (
    SELECT format('check %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)), NULL
    FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conparentid = 0 AND conislocal
    UNION ALL
    SELECT format('function %s(%s) returns %s', proname,
        pg_get_function_arguments(oid), pg_get_function_result(oid)),
      format('%s %s %s %s', prosrc, provolatile, prosecdef, proconfig)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('trigger %s', pg_get_triggerdef(oid)), NULL
    FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0
    UNION ALL
    SELECT format('partition %s of %s %s', child.oid::regclass, inhparent::regclass,
      pg_get_expr(child.relpartbound, child.oid)), NULL
    FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE child.relkind = 'r'
    UNION ALL
    SELECT format('partitioned %s %s', partrelid::regclass, pg_get_partkeydef(partrelid)), NULL
    FROM pg_partitioned_table
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(indexrelid)), NULL
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
      AND (indpred IS NOT NULL OR indexprs IS NOT NULL)
  ) AS found (line, body) ORDER BY 1`;
