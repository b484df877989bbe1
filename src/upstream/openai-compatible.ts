import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Clock, Log } from '#kernel';
import manifest from '../../package.json' with { type: 'json' };
import type { Connector, UpstreamCall } from './connector.ts';
import { Exchange } from './exchange.ts';
import { openAiRequest } from './openai-request.ts';
import { streamedAnswer } from './openai-stream.ts';
import { wholeAnswer } from './openai-whole.ts';

export interface OpenAiCompatibleOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Instead of the connector's own pools: for another trust store, say. */
  readonly agent?: HttpAgent;
}

/** Idle connections are closed by us before the usual servers and balancers close them. */
const idleSocketMs = 30_000;

/**
 * Speaks `POST /chat/completions` over node:http with kept connections: on a paced stream that
 * costs a third of fetch with Web streams.
 */
export function openAiCompatible({ clock, log, agent }: OpenAiCompatibleOptions): Connector {
  const pool = { keepAlive: true, maxFreeSockets: 256, timeout: idleSocketMs };
  const plain = agent ?? new HttpAgent(pool);
  const secure = agent ?? new HttpsAgent(pool);

  const open = (call: UpstreamCall, signal: AbortSignal): Exchange => {
    const { baseUrl, timeouts } = call.target;
    const url = completionsUrl(baseUrl);
    return new Exchange({
      url,
      headers: headersFor(call),
      body: JSON.stringify(openAiRequest(call, url)),
      agent: url.protocol === 'https:' ? secure : plain,
      timeouts,
      clock,
      signal,
    });
  };

  return {
    send(call, signal) {
      const answer = call.stream ? streamedAnswer : wholeAnswer;
      const { baseUrl, secret } = call.target;
      return answer(() => open(call, signal), {
        clock,
        log,
        address: baseUrl,
        secret,
      });
    },
  };
}

/**
 * `/chat/completions` below the base URL; a query of the base URL (Azure's `api-version`) stays.
 */
function completionsUrl(baseUrl: string): URL {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url;
}

function headersFor({ target: { secret }, stream }: UpstreamCall): Record<string, string> {
  return {
    ...(secret ? { authorization: `Bearer ${secret.reveal()}` } : {}),
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    'user-agent': `bourse/${manifest.version}`,
  };
}
