import type { Clock } from '#kernel';
import type { Connector, EmbedCall, UpstreamCall } from './connector.ts';
import { shownContent, withoutThoughts } from './hidden-thoughts.ts';
import { type Destination, destinationOf } from './http/destination.ts';
import { Exchange } from './http/exchange.ts';
import { type ConnectorOptions, Pool, userAgent } from './http/pool.ts';
import { Gathering } from './http/window.ts';
import { embeddedBy, openAiEmbedRequest } from './openai-embeddings.ts';
import { completionsUrl, embeddingsUrl, type OpenAiHost, openAiHosts } from './openai-hosts.ts';
import { openAiRequest } from './openai-request.ts';
import { streamedAnswer } from './openai-stream.ts';
import { wholeAnswer } from './openai-whole.ts';
import { hearQuota } from './quota.ts';
import { promptOf } from './quotes.ts';

const anyService = openAiHosts.get('openai-compatible') as OpenAiHost;

/** Speaks `POST /chat/completions` over kept connections. */
export function openAiCompatible(
  { clock, log, pool = new Pool() }: ConnectorOptions,
  service = anyService,
): Connector {
  const completions = places((baseUrl) => completionsUrl(baseUrl, service));
  const embeddings = places((baseUrl) => embeddingsUrl(baseUrl, service));
  const gathering = gatherings(clock);
  const post = (call: UpstreamCall | EmbedCall, { to, body, signal }: Sent): Exchange =>
    new Exchange({
      to,
      headers: headersFor(call, service),
      body: JSON.stringify(body),
      pool,
      timeouts: call.target.timeouts,
      gathering: 'stream' in call && call.stream ? gathering(call.coalesceMs) : null,
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
      const to = completions(call.target.baseUrl);
      const dialect = service.dialect(to.url, call.target.provider);
      const { endMark } = dialect;
      const context = contextOf(call, () => promptOf(call.request));
      const exchange = post(call, { to, body: openAiRequest(call, dialect), signal });
      const shown = withoutThoughts(take, call.request);
      const isShown = shownContent(call.request);
      if (call.stream) await streamedAnswer(exchange, { ...context, endMark, isShown }, shown);
      else await wholeAnswer(exchange, context, shown);
    },
    embed(call, signal) {
      const to = embeddings(call.target.baseUrl);
      const exchange = post(call, { to, body: openAiEmbedRequest(call), signal });
      const context = contextOf(call, () => call.input.join('\n'));
      return embeddedBy(exchange, call.input.length, context);
    },
  };
}

/** By base URL, of which there are as many as providers. */
function places(below: (baseUrl: string) => URL): (baseUrl: string) => Destination {
  const known = new Map<string, Destination>();
  return (baseUrl) => {
    const place = known.get(baseUrl) ?? destinationOf(below(baseUrl));
    known.set(baseUrl, place);
    return place;
  };
}

/** By their length, of which there are 250. */
function gatherings(clock: Clock): (ms: number) => Gathering | null {
  const known = new Map<number, Gathering>();
  return (ms) => {
    if (ms === 0) return null;
    const gathering = known.get(ms) ?? new Gathering(clock, ms);
    known.set(ms, gathering);
    return gathering;
  };
}

interface Sent {
  readonly to: Destination;
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
