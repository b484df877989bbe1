import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { Connector, TakeBatch, UpstreamCall, UpstreamEvent } from '../connector.ts';
import { isContent } from '../connector.ts';
import { shownContent, withoutThoughts } from '../hidden-thoughts.ts';
import { type ConnectorOptions, Pool, userAgent } from '../http/pool.ts';
import { hearQuota } from '../quota.ts';
import { promptOf } from '../quotes.ts';
import type { RefusalContext } from '../refusal.ts';
import { PartReader } from './answer.ts';
import { callOptions } from './call-options.ts';
import { gathered } from './gathered.ts';
import { isNewEvent, sdkFault } from './sdk-fault.ts';
import { withRoomToAnswer } from './thinking-budget.ts';
import { Transport } from './transport.ts';
import type { Wire } from './wire.ts';

/**
 * Speaks the wire protocol of a provider whose AI SDK package knows it, over our own connections.
 * The package is loaded with the first attempt.
 */
export function aiSdk(wire: Wire, { clock, log, pool = new Pool() }: ConnectorOptions): Connector {
  const open = (call: UpstreamCall, signal: AbortSignal): Attempt => {
    const { baseUrl, secret, timeouts } = call.target;
    const prompt = () => promptOf(call.request);
    const context: RefusalContext = { clock, log, address: baseUrl, secret, prompt };
    const transport = new Transport({
      context,
      exchange: { pool, timeouts, clock, signal, onHeaders: hearQuota(call.onQuota, clock) },
      amend: (body) => JSON.stringify(amended(JSON.parse(body), wire, call)),
      userAgent,
    });
    return { call, wire, context, transport, signal };
  };
  return {
    send(call, signal, take) {
      const shown = withoutThoughts(take, call.request);
      return (call.stream ? read : whole)(open(call, signal), shown);
    },
  };
}

/** With what its package cannot say; what goes beyond the cap was never held. */
function amended(body: Record<string, unknown>, wire: Wire, { request, target }: UpstreamCall) {
  const marked = wire.markTools?.(body, request.tools ?? [], target.model) ?? body;
  return withRoomToAnswer(wire.keepCap(marked, request.maxTokens), wire.thinkingAt, request);
}

interface Attempt {
  readonly call: UpstreamCall;
  readonly wire: Wire;
  readonly context: RefusalContext;
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

/** The stream as one batch: the packages' other way to ask ends an answer no better. */
async function whole(attempt: Attempt, take: TakeBatch): Promise<void> {
  const events: UpstreamEvent[] = [];
  await read(attempt, (batch) => void events.push(...batch));
  await take(events);
}

async function read(attempt: Attempt, take: TakeBatch): Promise<void> {
  const { call, context, transport, signal } = attempt;
  const reader = new PartReader(attempt.wire.optionsName);
  const isShown = shownContent(call.request);
  let content = false;
  let shown = false;
  signal.throwIfAborted();
  try {
    const windowMs = () => (shown && !transport.holdsMuch ? call.coalesceMs : 0);
    for await (const events of gathered(said(attempt, reader), context.clock, windowMs)) {
      const says = events.some(isContent);
      if (!content && says) {
        content = true;
        transport.contentSeen();
      }
      shown ||= events.some(isShown);
      await take(events);
      if (call.stream && says) transport.said();
    }
    // A package may end its parts over a body that was cut.
    if (transport.failure) throw transport.failure;
    const closing = reader.end();
    transport.finish();
    await take(closing);
  } catch (thrown) {
    signal.throwIfAborted();
    throw sdkFault(transport.failure ?? thrown, context);
  } finally {
    transport.close();
  }
}

/** The events of each part that says something, up to the finish: the connection may stay open. */
async function* said(attempt: Attempt, reader: PartReader) {
  for await (const part of await partsOf(attempt)) {
    if (part.type === 'error' && isNewEvent(part.error, attempt.wire)) continue;
    const events = reader.read(part);
    if (events.length > 0) yield events;
    if (part.type === 'finish') return;
  }
}

async function partsOf(attempt: Attempt): Promise<AsyncIterable<LanguageModelV4StreamPart>> {
  const { call, wire, transport, signal } = attempt;
  const model = await wire.open(call.target, transport.fetch);
  const { stream } = await model.doStream(callOptions(call, wire, signal));
  return stream;
}
