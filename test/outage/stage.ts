import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { parseMoney, Secret } from '#kernel';
import { freshFolder } from '../harness/databases.ts';
import { graphqlClient } from '../harness/graphql-client.ts';
import { type LossyProxy, lossyProxy } from '../harness/lossy-proxy.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { stubUpstream } from '../harness/upstream-stub.ts';
import {
  adminKey,
  type Customer,
  customer,
  customerAt,
  demoKey,
  offer,
  violations,
} from '../harness/whole-app.ts';
import { type PrivatePostgres, privatePostgres } from './private-postgres.ts';

/** A node as `npm start` starts it, with a way of its own to the database. */
export interface Node {
  readonly server: ServerProcess;
  readonly way: LossyProxy;
}

/** What the ledger says of a completion, in 10⁻¹² US dollar. */
export interface Charge {
  readonly id: string;
  readonly charged: bigint;
  readonly waived: bigint;
}

export interface Stage {
  readonly postgres: PrivatePostgres;
  readonly nodes: readonly [Node, Node];
  /** A new organization with so many dollars, as a customer of each node. */
  newCustomer(dollars: string): Promise<readonly [Customer, Customer]>;
  charges(customer: Customer): Promise<readonly Charge[]>;
  /** What late charges have cost the platform. */
  lateLoss(): Promise<bigint>;
  /** What of the ledger does not hold. */
  audit(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Five tokens of prompt and two of answer, and 5 % of it. */
export const eachCosts = parseMoney('0.00945');

/** Two nodes on a PostgreSQL of their own, and a provider on loopback. */
export async function openStage(): Promise<Stage> {
  const postgres = await privatePostgres();
  await postgres.start();
  const upstream = await stubUpstream();
  const folders = [await freshFolder(), await freshFolder()];
  const encryptionKey = randomBytes(32).toString('base64');
  const start = async (dataDir: string): Promise<Node> => {
    const way = await lossyProxy({ host: '127.0.0.1', port: postgres.port });
    const url = new URL(postgres.url);
    url.port = String(way.port);
    const server = await startServer({
      ...{ DATABASE_URL: url.href, REDIS_URL: testRedisUrl, ENCRYPTION_KEY: encryptionKey },
      ...{ DATA_DIR: dataDir, ADMIN_KEY: adminKey, DEMO_KEY: demoKey },
    });
    return { server, way };
  };
  const nodes = [await start(folders[0] ?? ''), await start(folders[1] ?? '')] as const;
  const [here, there] = nodes.map(({ server: { url } }) => ({
    url,
    admin: graphqlClient(url, adminKey),
  })) as [Parameters<typeof customer>[0], Parameters<typeof customer>[0]];
  await offer(here.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });

  const query = async <T extends object>(sql: string, parameters: readonly unknown[] = []) => {
    const client = new pg.Client(postgres.url);
    await client.connect();
    const { rows } = await client.query<T & pg.QueryResultRow>(sql, [...parameters]);
    await client.end();
    return rows;
  };
  return {
    postgres,
    nodes,
    async newCustomer(dollars) {
      const one = await customer(here, dollars);
      const other = customerAt(there, one);
      while (!(await other.ask('{ model(slug: "acme/writer") { slug } }')).data?.model);
      return [one, other];
    },
    async charges({ organizationId }) {
      const sql = 'SELECT id, charged, waived FROM completion WHERE organization_id = $1';
      const rows = await query<Record<keyof Charge, string>>(sql, [organizationId]);
      return rows.map((row) => ({
        id: row.id,
        charged: BigInt(row.charged),
        waived: BigInt(row.waived),
      }));
    },
    async lateLoss() {
      const sql = `SELECT balance FROM credit_account WHERE id = 'platform:late-loss'`;
      const [row] = await query<{ balance: string }>(sql);
      return -BigInt(row?.balance ?? 0);
    },
    audit: () => violations({ databaseUrl: new Secret(postgres.url), dataDir: '' }),
    async close() {
      await Promise.all(nodes.map(({ server }) => server.end('SIGTERM')));
      for (const { way } of nodes) await way.close();
      await upstream.close();
      await postgres.remove();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}
