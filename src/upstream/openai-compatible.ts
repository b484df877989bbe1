import type { Connector, EmbedCall, UpstreamCall } from './connector.ts';
import { Exchange } from './exchange.ts';
import { embeddedBy, openAiEmbedRequest } from './openai-embeddings.ts';
import { completionsUrl, embeddingsUrl, type OpenAiHost, openAiHosts } from './openai-hosts.ts';
import { openAiRequest } from './openai-request.ts';
import { streamedAnswer } from './openai-stream.ts';
import { wholeAnswer } from './openai-whole.ts';
import { type ConnectionOptions, openPool, userAgent } from './pool.ts';
import { hearQuota } from './quota.ts';
import { promptOf } from './quotes.ts';

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
    const url = completionsUrl(call.target.baseUrl, service);
    return post(call, { url, body: openAiRequest(call, service.dialect(url)), signal });
  };
  const post = (call: UpstreamCall | EmbedCall, { url, body, signal }: Sent): Exchange =>
    new Exchange({
      url,
      headers: headersFor(call, service),
      body: JSON.stringify(body),
      agent: agentFor(url),
      timeouts: call.target.timeouts,
      clock,
      signal,
      onHeaders: hearQuota('onQuota' in call ? call.onQuota : undefined, clock),
    });

  const contextOf = ({ target }: UpstreamCall | EmbedCall, prompt: () => string) => {
    const { baseUrl: address, secret } = target;
    return { clock, log, address, secret, prompt };
  };

  return {
    async send(call, signal, take) {
      const answer = call.stream ? streamedAnswer : wholeAnswer;
      const context = contextOf(call, () => promptOf(call.request));
      await answer(open(call, signal), context, take);
    },
    embed(call, signal) {
      const url = embeddingsUrl(call.target.baseUrl, service);
      const exchange = post(call, { url, body: openAiEmbedRequest(call), signal });
      const context = contextOf(call, () => call.input.join('\n'));
      return embeddedBy(exchange, call.input.length, context);
    },
  };
}

interface Sent {
  readonly url: URL;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

function headersFor(call: UpstreamCall | EmbedCall, service: OpenAiHost): Record<string, string> {
  const { target } = call;
  const stream = 'stream' in call && call.stream;
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
