import { HttpConnection, type HttpReply } from './http-client.ts';
import type { MeasuredProcess } from './measured-process.ts';
import { countTokens } from './prompt.ts';
import { SocketClient } from './socket-client.ts';

/** Work of one kind that can be put on a server again and again, its connections kept. */
export interface Load {
  /** Goes on for `ms`, then lets what runs come to its end. */
  run(ms: number): Promise<Work>;
  close(): void;
}

export interface Work {
  /** Tokens or answers, whatever a load is about. */
  readonly units: number;
  readonly seconds: number;
}

export interface HttpWork {
  readonly url: string;
  /** Made anew for each request where they have to differ. */
  readonly request: () => Buffer;
  readonly connections: number;
  /** In each answer; every one of them is checked. Null: any answer with status 200 will do. */
  readonly tokens: number | null;
  readonly unit: 'token' | 'answer';
}

/** Requests on kept connections, one after the other on each. */
export async function httpLoad(work: HttpWork): Promise<Load> {
  const { url, connections, request, tokens, unit } = work;
  const opened = await Promise.all(repeat(connections, () => HttpConnection.open(url)));
  const answer = async (connection: HttpConnection) => {
    checkReply(await connection.send(request()), tokens);
    return unit === 'token' ? (tokens ?? 0) : 1;
  };
  return {
    run: (ms) => together(opened, ms, answer),
    close: () => opened.forEach((connection) => void connection.close()),
  };
}

export function checkReply({ status, body }: HttpReply, tokens: number | null): void {
  const came = tokens === null ? null : countTokens(body);
  if (status === 200 && came === tokens && !body.includes('"errors"')) return;
  const text = body.toString('utf8', 0, 1_000);
  throw new Error(`An answer with status ${status} and ${came} of ${tokens} tokens: ${text}`);
}

/** Subscriptions, one after the other on each of some sockets. */
export async function socketLoad(work: {
  url: string;
  key: string;
  payload: object;
  sockets: number;
  tokens: number;
}): Promise<Load> {
  const { url, key, payload, sockets, tokens } = work;
  const opened = await Promise.all(repeat(sockets, () => SocketClient.open(url, key)));
  const stream = async (client: SocketClient) => {
    const came = await client.subscribe(payload);
    if (came !== tokens) throw new Error(`A stream with ${came} of ${tokens} tokens`);
    return came;
  };
  return {
    run: (ms) => together(opened, ms, stream),
    close: () => opened.forEach((client) => void client.close()),
  };
}

async function together<Client>(
  clients: readonly Client[],
  ms: number,
  work: (client: Client) => Promise<number>,
): Promise<Work> {
  const begun = performance.now();
  let units = 0;
  const loop = async (client: Client) => {
    while (performance.now() - begun < ms) {
      const done = await work(client);
      units += done; // in a statement of its own: `+=` would read the sum before it waits
    }
  };
  await Promise.all(clients.map(loop));
  return { units, seconds: (performance.now() - begun) / 1_000 };
}

const repeat = <Value>(count: number, make: () => Value): Value[] =>
  Array.from({ length: count }, make);

export interface Cost {
  /** CPU time of the process for a unit. */
  readonly microsPerUnit: number;
  readonly unitsPerSecond: number;
}

/** What the server settles behind its answers belongs to their cost. */
const settlingMs = 150;

/** Runs a load once and says what it cost the process. */
export async function costOf(process: MeasuredProcess, load: Load, ms: number): Promise<Cost> {
  const before = await process.usage();
  const { units, seconds } = await load.run(ms);
  await pause(settlingMs);
  const after = await process.usage();
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  return { microsPerUnit: cpuMicros / units, unitsPerSecond: units / seconds };
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
