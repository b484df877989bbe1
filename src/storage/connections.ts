import pg from 'pg';
import { StorableTextClient } from './storable-text.ts';

/** How long the server lets a connection of ours take, and keep others waiting. Milliseconds. */
export interface ConnectionLimits {
  /** A statement that takes longer is cancelled; 0 lets it run. */
  statementMs: number;
  /**
   * A statement that waits longer for a row or table fails instead of queueing behind a stuck
   * holder.
   */
  lockMs: number;
  /**
   * A transaction whose client has gone silent (paused, cut off) is rolled back and its rows are
   * free again.
   */
  idleInTransactionMs: number;
}

export const usualLimits: ConnectionLimits = {
  statementMs: 5_000,
  lockMs: 2_000,
  idleInTransactionMs: 5_000,
};

/** A migration may rewrite a large table, and waits for another node that is migrating. */
export const migrationLimits: ConnectionLimits = {
  statementMs: 0,
  lockMs: 0,
  idleInTransactionMs: 0,
};

/**
 * Where the database is. A server has an address; the embedded one has a socket in a private
 * folder.
 */
export type DatabaseAddress = { url: string } | { socketFolder: string };

/** The driver's settings of a connection; what the server must know, `prepareConnection` says. */
export function connectionConfig(address: DatabaseAddress, limits: ConnectionLimits) {
  return {
    ...('url' in address ? { connectionString: address.url } : embedded(address.socketFolder)),
    fallback_application_name: 'bourse',
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A server that is frozen cancels nothing itself, so the client gives up a little after the
    // server should have.
    ...(limits.statementMs > 0 ? { query_timeout: limits.statementMs + 1_000 } : {}),
  };
}

/**
 * All of it said here, because the driver takes what is left out from the environment (PGPORT,
 * PGSSLMODE).
 */
function embedded(host: string) {
  return { host, port: 5432, user: 'postgres', password: '', database: 'postgres', ssl: false };
}

/**
 * The settings of a pool, whose connections are all prepared by `prepareConnection` before their
 * first use.
 */
export function poolConfig(address: DatabaseAddress, limits: ConnectionLimits): pg.PoolConfig {
  return {
    ...connectionConfig(address, limits),
    Client: StorableTextClient,
    max: 'url' in address ? 10 : 4,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 600, // no plan is older
    onConnect: (client) => prepareConnection(client, limits),
  };
}

/**
 * Tells the server what must hold for everything that is said over a connection: in statements,
 * since poolers on the way refuse settings in the start-up packet. The time zone and the form of a
 * moment are not a matter of taste: Prisma's driver drops the offset of a timestamp and takes it
 * for UTC, and no driver reads a form but the first. Plans of functions
 * are kept, for tables that were small when they were made; connections of the embedded database
 * share theirs, so that a new one has them made anew.
 */
export async function prepareConnection(
  client: pg.ClientBase,
  limits: ConnectionLimits,
): Promise<void> {
  await client.query(`
    SET TIME ZONE 'UTC';
    SET DateStyle = 'ISO';
    SET statement_timeout = ${limits.statementMs};
    SET lock_timeout = ${limits.lockMs};
    SET idle_in_transaction_session_timeout = ${limits.idleInTransactionMs};
    SET tcp_keepalives_idle = 10;
    SET tcp_user_timeout = 15000;
    DISCARD PLANS`);
}

const { builtins, getTypeParser } = pg.types;

/**
 * Whole numbers of more than 53 bits arrive as bigint. A NUMERIC that is not whole fails the query,
 * since no amount of ours has a fraction: cast an average to float8.
 */
export const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === builtins.INT8 || oid === builtins.NUMERIC
      ? BigInt
      : getTypeParser(oid, format)) as typeof getTypeParser,
};
