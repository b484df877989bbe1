import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { actingFrom } from '#audit';
import { Fault, type Log, minuteMs, type Random } from '#kernel';
import type { Rooms } from '#schema';
import type { Telemetry } from '#telemetry';
import { Allowance } from './allowance.ts';
import { Answering } from './answering.ts';
import { billingRoute } from './billing-routes.ts';
import { originOf } from './client.ts';
import { addressOf, type Exchange, openExchange, RequestRefused } from './exchange.ts';
import { openGraphqlHandler, refuse as refuseGraphql } from './graphql/answers/handler.ts';
import { openEngine } from './graphql/engine.ts';
import { openSockets, refuse as refuseUpgrade, type Sockets } from './graphql/sockets/sockets.ts';
import { answerHealth, answerReady, type Readiness } from './health.ts';
import { answerLandingPage } from './landing-page.ts';
import { listening } from './listening.ts';
import { answerMetrics } from './metrics-page.ts';
import { allowOrigin, answerPreflight } from './other-origins.ts';
import { afterThoseBefore } from './pipelined.ts';
import { refuse } from './rest/refuse.ts';
import { type RestRoute as Route, restRoutes, tellingLimit } from './rest/routes.ts';
import { servedBy } from './served.ts';
import { answerSignIn } from './sign-in.ts';
import { Untaken } from './untaken.ts';

export interface HttpOptions {
  readonly rooms: Rooms;
  readonly log: Log;
  readonly random: Random;
  readonly ready: Readiness;
  /**
   * Put into GraphiQL's examples, so that they run; null where others than the owner can open the
   * page.
   */
  readonly demoKey: string | null;
  /** A proxy stands before it, which says in X-Forwarded-For whose request it is. */
  readonly trustProxy: boolean;
  /** For callers without credentials, at once, by network address. */
  readonly anonymous: { readonly sockets: number; readonly feeds: number };
  /** Documents that may be named by their SHA-256: hash in hex to text. */
  readonly persistedDocuments: ReadonlyMap<string, string>;
  readonly telemetry: Pick<Telemetry, 'serve' | 'text'>;
}

const socketsPerKey = 10_000;

/** As long as events are kept, and as many bytes. */
const untakenLimits = { stalledMs: 10 * minuteMs, bytesMax: 48 * 1024 * 1024 };

export interface HttpServer {
  /** Resolves with the port once it accepts; port 0 takes a free one. */
  listen(host: string, port: number): Promise<number>;
  /** Takes no more; sends the clients of its sockets elsewhere over the first half of `graceMs`. */
  drain(graceMs: number): void;
  /**
   * When everything that ran has ended: lets the last events and answers go out, for at most this
   * long.
   */
  lastWords(withinMs: number): Promise<void>;
  /** Ends every connection. */
  close(): Promise<void>;
  /** Open WebSockets. */
  readonly sockets: number;
}

type Answer = Route['answer'];

/** One server for everything that the outside speaks to. Nothing is open until `listen`. */
export function openHttp(options: HttpOptions): HttpServer {
  const { rooms, log, random, trustProxy, anonymous, telemetry } = options;
  const engine = openEngine({ ...options, anonymousFeeds: new Allowance(anonymous.feeds) });
  const allowances = {
    anonymous: new Allowance(anonymous.sockets),
    byKey: new Allowance(socketsPerKey),
  };
  const sockets = openSockets({ ...options, engine, allowances, random: () => random.next() });
  const answering = new Answering();
  const untaken = new Untaken(untakenLimits);
  const { lastCall } = answering;
  const routes = routesOf(options, openGraphqlHandler({ engine, rooms, log, lastCall }));
  const server = createServer({ noDelay: true, keepAliveTimeout: 65_000 }, (request, response) => {
    const origin = originOf(request, trustProxy);
    const exchange = openExchange(request, response);
    const route = routes(exchange.path);
    const serve = () =>
      telemetry.serve(servedBy(exchange, route.pattern), () => answer(exchange, route));
    afterThoseBefore(request, response, () => answering.add(actingFrom(origin, serve)));
  });

  async function answer(exchange: Exchange, route: Route): Promise<void> {
    const { request, response, requestId } = exchange;
    allowOrigin(request, response, rooms.site);
    if (request.method === 'OPTIONS') return answerPreflight(request, response);
    try {
      if (!route.methods.includes(request.method ?? '')) {
        response.setHeader('Allow', route.methods.join(', '));
        throw wrongMethod(route);
      }
      await route.answer(exchange);
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (fault.code === 'INTERNAL') log.error('a request failed', { requestId, error: thrown });
      if (response.headersSent) return void response.destroy();
      refuseSafely(exchange, () => route.refuse(exchange, fault), log);
    } finally {
      untaken.look(response);
    }
  }

  server.on('upgrade', (request, socket, head) => upgrade(sockets, { request, socket, head }));

  return {
    listen: (host, port) => listening(server, host, port),
    drain(graceMs) {
      server.close();
      server.closeIdleConnections();
      sockets.drain(graceMs / 2);
    },
    async lastWords(withinMs) {
      sockets.drain(0);
      const timeIsUp = Promise.withResolvers<void>();
      const timer = rooms.clock.after(withinMs, timeIsUp.resolve);
      await Promise.race([Promise.all([answering.gone(), sockets.gone()]), timeIsUp.promise]);
      timer.cancel();
    },
    async close() {
      sockets.close();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
    get sockets() {
      return sockets.size;
    },
  };
}

/** One answer that cannot be made must not take the others with it. */
function refuseSafely({ response, requestId }: Exchange, refuse: () => void, log: Log): void {
  try {
    refuse();
  } catch (thrown) {
    log.error('a refusal could not be made', { requestId, error: thrown });
    response.destroy();
  }
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function upgrade(sockets: Sockets, { request, socket, head }: Upgrade): void {
  // A client that resets its connection here has nobody to tell.
  socket.on('error', destroyed);
  if (addressOf(request).pathname === '/graphql') sockets.upgrade(request, socket, head);
  else refuseUpgrade(socket, '404 Not Found');
}

function destroyed(this: Duplex): void {
  this.destroy();
}

function routesOf(options: HttpOptions, graphql: Answer): (path: string) => Route {
  const { rooms, log, ready } = options;
  const { platform } = rooms;
  const get = (pattern: string, answer: Answer): Route => ({
    pattern,
    methods: ['GET', 'HEAD'],
    answer,
    refuse,
  });
  const own: readonly Route[] = [
    get('/', ({ response }) =>
      answerLandingPage(response, { platform, publicUrl: rooms.site.url }),
    ),
    get('/health', answerHealth),
    get('/ready', (exchange) => answerReady(exchange, ready)),
    get('/metrics', (exchange) => answerMetrics(exchange, options)),
    {
      pattern: '/graphql',
      // Yoga says in the specification's words what other methods are answered with.
      methods: allMethods,
      answer: graphql,
      refuse: (exchange, thrown) => refuseGraphql(exchange, thrown, log),
    },
  ];
  const routes = new Map(own.map((route) => [route.pattern, route]));
  const rest = restRoutes(rooms);
  const nothing: Route = {
    pattern: '{unknown}',
    methods: allMethods,
    answer: ({ path }) => refuseAddress(path, rest),
    refuse: tellingLimit(refuse, rooms),
  };
  const people: Route = {
    pattern: '/auth/{path}',
    methods: ['GET', 'POST'],
    answer: (exchange) => answerSignIn(exchange, rooms),
    refuse,
  };
  const byPrefix = (path: string) => (path.startsWith('/auth/') ? people : null);
  return (path) =>
    routes.get(path) ?? rest(path) ?? byPrefix(path) ?? billingRoute(path, rooms) ?? nothing;
}

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Most who come to a wrong address have a base URL with a `/v1` too few or too many. */
function refuseAddress(path: string, known: (path: string) => Route | null): void {
  const meant = `/v1${path.replace(/^(\/api)?(\/v1)*(?=\/)/, '')}`;
  const hint = known(meant) ? ` Did you mean ${meant}? Look at the base URL of your client.` : '';
  throw new Fault('NOT_FOUND', { public: `There is nothing at ${path}.${hint}` });
}

function wrongMethod({ methods }: Route): Fault {
  return new RequestRefused(405, `This address takes ${methods.join(', ')}.`);
}
