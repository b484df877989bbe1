import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import { base62Digits, type Clock, type Log, type Random, Secret, secureText } from '#kernel';
import { behaviourOf } from './behaviour.ts';
import { embedBody, embedRequest } from './embed.ts';
import { play, refuse } from './play.ts';
import { sandboxRequest } from './request.ts';
import { errorBody } from './wire.ts';

export interface Sandbox {
  /** The base URL of a simulated provider is `<url>/<provider>/v1`. */
  readonly url: string;
  /**
   * The credential that every request has to carry: new at each start, so that only this process
   * is answered.
   */
  readonly secret: Secret;
  close(): Promise<void>;
}

export interface SandboxOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const bodyBytesMax = 16 * 1024 * 1024;

/**
 * A server on loopback that plays the simulated providers in OpenAI's wire form, so that the demo
 * runs through the same connector, parser, meter and bill as any provider. It does not keep the
 * process alive.
 */
export async function openSandbox({ clock, random, log }: SandboxOptions): Promise<Sandbox> {
  const secret = new Secret(secureText(43, base62Digits));
  let answers = 0;
  const server = createServer((request, reply) => {
    const gone = new AbortController();
    reply.once('close', () => gone.abort());
    const answer = async () => {
      const order = await readOrder(request, secret);
      if ('status' in order) return refuse(reply, order.status, errorBody(order.text, order.code));
      if ('vectors' in order) return refuse(reply, 200, order.vectors);
      const behaviour = behaviourOf(order.provider, order.body.model, random);
      if (!behaviour) return refuse(reply, 404, errorBody('No such model.', 'model_not_found'));
      const head = {
        id: `chatcmpl-sandbox-${++answers}`,
        created: Math.floor(clock.now() / 1_000),
        model: order.body.model,
      };
      await play(reply, { request: order.body, behaviour, head, clock, gone: gone.signal });
    };
    answer().catch((error) => {
      if (!gone.signal.aborted) log.error('the sandbox failed to answer', { error });
      reply.destroy();
    });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    secret,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Order =
  | { readonly provider: string; readonly body: ReturnType<typeof sandboxRequest.parse> }
  | { readonly vectors: string }
  | { readonly status: number; readonly code: string; readonly text: string };

async function readOrder(request: IncomingMessage, secret: Secret): Promise<Order> {
  if (request.headers.authorization !== `Bearer ${secret.reveal()}`) {
    return { status: 401, code: 'invalid_api_key', text: 'The sandbox answers its own process.' };
  }
  const [, provider, place] =
    /^\/([a-z-]+)\/v1\/(chat\/completions|embeddings)$/.exec(request.url ?? '') ?? [];
  if (!provider || request.method !== 'POST') {
    return { status: 404, code: 'not_found', text: 'No such address.' };
  }
  const given = await readJson(request);
  if (place === 'embeddings') {
    const asked = embedRequest.safeParse(given);
    return asked.success ? { vectors: embedBody(asked.data) } : malformed(asked.error);
  }
  const body = sandboxRequest.safeParse(given);
  return body.success ? { provider, body: body.data } : malformed(body.error);
}

function malformed({ issues }: z.ZodError) {
  const text = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { status: 400, code: 'invalid_request_error', text: text.join('; ') };
}

/** Undefined for what is no JSON or too long, which no request is. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) return undefined;
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    return undefined;
  }
}
