// Prisma's schema engine without Prisma's command line, which would download it: the same engine as
// WebAssembly.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

/** One database, for as long as `use` takes. */
export async function withSchemaEngine<T>(
  connection: pg.PoolConfig,
  use: (engine: bindings.SchemaEngine) => Promise<T>,
): Promise<T> {
  await ready;
  const pool = new CatalogPool({ ...connection, max: 1 });
  const adapter = bindMigrationAwareSqlAdapterFactory(new CatalogAdapter(pool));
  const datamodels: [string, string][] = [[schemaName, await readSchema()]];
  const engine = await bindings.SchemaEngine.new({ datamodels }, () => {}, adapter);
  try {
    return await use(engine);
  } finally {
    engine.free();
    await pool.end();
  }
}

/** SQL that takes the database to `schema`; null when nothing that Prisma sees differs. */
export async function differenceTo(
  schema: string,
  engine: bindings.SchemaEngine,
): Promise<string | null> {
  const files = [{ path: schemaName, content: schema }];
  const { stdout } = await engine.diff({
    from: { tag: 'schemaDatasource', files, configDir: '.' },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  const sql = stdout?.trim() ?? '';
  return sql === '' || sql === '-- This is an empty migration.' ? null : sql;
}

const schemaName = 'schema.prisma';

/** The text of prisma/schema.prisma. */
export const readSchema = () => readFile(new URL(schemaName, import.meta.url), 'utf8');

const ready = (async () => {
  const wasm = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const bytes = await readFile(wasm.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
})();

/**
 * The catalogs of PostgreSQL have columns of the type "char", which Prisma's driver refuses and its
 * engine insists on. So they pass through the driver as text, and get their type back behind it.
 * The engine asks one thing at a time.
 */
class CatalogPool extends pg.Pool {
  /** The places of the columns of type "char" in the last answer. */
  characters: number[] = [];

  constructor(config: pg.PoolConfig) {
    super(config);
    const query = super.query.bind(this) as (
      asked: pg.QueryArrayConfig,
    ) => Promise<pg.QueryArrayResult>;
    const disguised = async (asked: pg.QueryArrayConfig) => {
      const result = await query(asked);
      const places = result.fields.keys();
      this.characters = [...places].filter((place) => result.fields[place]?.dataTypeID === CHAR);
      for (const place of this.characters)
        Object.assign(result.fields[place] ?? {}, { dataTypeID: TEXT });
      return result;
    };
    this.query = disguised as typeof this.query;
  }
}

const { CHAR, TEXT } = pg.types.builtins;

class CatalogAdapter extends PrismaPg {
  readonly #pool: CatalogPool;

  constructor(pool: CatalogPool) {
    super(pool);
    this.#pool = pool;
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const connected = await super.connect();
    const queryRaw = connected.queryRaw.bind(connected);
    connected.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const place of this.#pool.characters)
        result.columnTypes[place] = ColumnTypeEnum.Character;
      return result;
    };
    return connected;
  }
}
