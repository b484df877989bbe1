import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes what is sent to it over OTLP, as a collector does, and keeps it. */
export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly sent: readonly { readonly path: string; readonly bytes: Buffer }[];
  close(): void;
}

export async function openCollector(): Promise<Collector> {
  const sent: { path: string; bytes: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    sent.push({ path: request.url ?? '', bytes: Buffer.concat(pieces) });
    response.writeHead(200, { 'Content-Type': 'application/x-protobuf' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, sent, close: () => void server.close() };
}
