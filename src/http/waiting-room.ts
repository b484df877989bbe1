import { createServer } from 'node:http';
import { Fault, type Log } from '#kernel';
import { type Exchange, openExchange } from './exchange.ts';
import { refuse as refuseGraphql } from './graphql/answers/handler.ts';
import { answerHealth, answerReady } from './health.ts';
import { listening } from './listening.ts';
import { refuse } from './rest/refuse.ts';

export interface WaitingRoomOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Why nothing can be served yet, for an operator. */
  readonly reason: () => string;
  readonly log: Log;
}

/** The server of a start that cannot begin yet. */
export interface WaitingRoom {
  readonly port: number;
  /** Frees the address, for the server that can serve. */
  close(): Promise<void>;
}

/** Says that it is alive, not ready, and why; everything else is to be asked again in a second. */
export async function openWaitingRoom(options: WaitingRoomOptions): Promise<WaitingRoom> {
  const server = createServer((request, response) => {
    // A connection that was kept would break under its client when the address changes hands.
    response.setHeader('Connection', 'close');
    answer(openExchange(request, response), options).catch((error) =>
      options.log.error('A request failed.', { error }),
    );
  });
  const port = await listening(server, options.host, options.port);
  return {
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(exchange: Exchange, { reason, log }: WaitingRoomOptions): Promise<void> {
  const pathname = exchange.path;
  if (pathname === '/health') return answerHealth(exchange);
  if (pathname === '/ready') return answerReady(exchange, async () => reason());
  if (pathname === '/graphql') refuseGraphql(exchange, notYet(), log);
  else refuse(exchange, notYet());
}

const notYet = () =>
  new Fault('UNAVAILABLE', {
    public: 'The service is starting and cannot serve yet. Try again shortly.',
    retryAfterMs: 1_000,
  });
