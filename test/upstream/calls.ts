import { linkAborts, Secret, silentLog, systemClock } from '#kernel';
import {
  type ChatRequest,
  type Connector,
  openAiCompatible,
  type UpstreamCall,
  type UpstreamEvent,
  UpstreamFault,
  type UpstreamTarget,
} from '#upstream';

/** Short ones: a test that hangs fails by the time-out that it is about, or by none. */
export const patient = {
  connectMs: 5_000,
  firstContentMs: 10_000,
  idleMs: 10_000,
  totalMs: 15_000,
};

/** A stream request for one short message; what a test is about is given. */
export function callTo(
  url: string,
  given: {
    readonly request?: Partial<ChatRequest>;
    readonly target?: Partial<UpstreamTarget>;
    readonly stream?: boolean;
    readonly coalesceMs?: number;
  } = {},
): UpstreamCall {
  return {
    stream: given.stream ?? true,
    coalesceMs: given.coalesceMs ?? 0,
    request: {
      messages: [{ role: 'user', content: 'Say hello' }],
      maxTokens: 64,
      ...given.request,
    },
    target: {
      baseUrl: url,
      secret: new Secret('sk-stub-credential-0123456789'),
      model: 'stub',
      timeouts: patient,
      ...given.target,
    },
  };
}

/**
 * An attempt that the test pulls: the connector rests while nobody asks for the next batch. Leaving
 * the loop aborts it.
 */
export async function* pulled(
  one: Connector,
  call: UpstreamCall,
  signal = new AbortController().signal,
): AsyncGenerator<readonly UpstreamEvent[], void, undefined> {
  const left = linkAborts(signal);
  const batches: (readonly UpstreamEvent[])[] = [];
  let more = Promise.withResolvers<void>();
  let rested = () => {};
  const ended = one.send(call, left.signal, (batch) => {
    batches.push(batch);
    more.resolve();
    return new Promise((resolve) => {
      rested = resolve;
    });
  });
  ended.catch(() => {});
  try {
    for (;;) {
      await Promise.race([more.promise, ended]);
      more = Promise.withResolvers();
      const batch = batches.shift();
      if (!batch) return await ended;
      yield batch;
      rested();
    }
  } finally {
    left.abort(new Error('the test left'));
    left.release();
  }
}

export const connector = (): Connector => openAiCompatible({ clock: systemClock, log: silentLog });

export interface Outcome {
  readonly batches: readonly (readonly UpstreamEvent[])[];
  readonly events: readonly UpstreamEvent[];
  readonly text: string;
  /** What was thrown; undefined after a proper end. */
  readonly thrown: unknown;
}

/** Runs an attempt to its end, whichever that is. */
export async function outcomeOf(
  attempt: AsyncIterable<readonly UpstreamEvent[]>,
): Promise<Outcome> {
  const batches: (readonly UpstreamEvent[])[] = [];
  let thrown: unknown;
  try {
    for await (const batch of attempt) batches.push(batch);
  } catch (failure) {
    thrown = failure;
  }
  const events = batches.flat();
  return { batches, events, text: textOf(events), thrown };
}

export function textOf(events: readonly UpstreamEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

export async function send(call: UpstreamCall, signal = new AbortController().signal) {
  return await outcomeOf(pulled(connector(), call, signal));
}

/** The fault of an attempt that has to fail. */
export async function faultOf(call: UpstreamCall): Promise<UpstreamFault> {
  const { thrown } = await send(call);
  if (thrown instanceof UpstreamFault) return thrown;
  throw new TypeError(`expected an UpstreamFault, got ${String(thrown)}`);
}
