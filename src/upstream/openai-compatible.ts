import type { Connector, UpstreamCall } from './connector.ts';
import { Exchange } from './exchange.ts';
import { completionsUrl, type OpenAiHost, openAiHosts } from './openai-hosts.ts';
import { openAiRequest } from './openai-request.ts';
import { streamedAnswer } from './openai-stream.ts';
import { wholeAnswer } from './openai-whole.ts';
import { type ConnectionOptions, openPool, userAgent } from './pool.ts';

const anyService = openAiHosts.get('openai-compatible') as OpenAiHost;

/**
 * Speaks `POST /chat/completions` over node:http with kept connections: on a paced stream that
 * costs a third of fetch with Web streams.
 */
export function openAiCompatible(
  { clock, log, agent }: ConnectionOptions,
  service = anyService,
): Connector {
  const agentFor = openPool(agent);
  const open = (call: UpstreamCall, signal: AbortSignal): Exchange => {
    const { baseUrl, timeouts } = call.target;
    const url = completionsUrl(baseUrl, service);
    return new Exchange({
      url,
      headers: headersFor(call, service),
      body: JSON.stringify(openAiRequest(call, service.dialect(url))),
      agent: agentFor(url),
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

function headersFor(call: UpstreamCall, service: OpenAiHost): Record<string, string> {
  const { target, stream } = call;
  return {
    ...(target.secret ? credential(target.secret.reveal(), service) : {}),
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    'user-agent': userAgent,
  };
}

function credential(secret: string, { credential: header }: OpenAiHost) {
  return { [header]: header === 'authorization' ? `Bearer ${secret}` : secret };
}
