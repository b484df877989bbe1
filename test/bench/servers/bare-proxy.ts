import { Agent, createServer, request } from 'node:http';
import { listen } from './listen.ts';

/**
 * The least that stands between a client and a provider: bytes in, bytes out, kept connections. No
 * key, no meter, no price, no record.
 */
const provider = new URL(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });

listen(
  createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    const { hostname, port } = provider;
    const { method, url: path, headers } = incoming;
    const upstream = request({ hostname, port, method, path, headers, agent }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.once('error', () => outgoing.destroy());
    outgoing.once('close', () => outgoing.writableFinished || upstream.destroy());
    incoming.pipe(upstream);
  }),
);
