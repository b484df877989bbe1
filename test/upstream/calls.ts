import { Secret, silentLog, systemClock } from '#kernel';
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
  } = {},
): UpstreamCall {
  return {
    stream: given.stream ?? true,
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
  return await outcomeOf(connector().send(call, signal));
}

/** The fault of an attempt that has to fail. */
export async function faultOf(call: UpstreamCall): Promise<UpstreamFault> {
  const { thrown } = await send(call);
  if (thrown instanceof UpstreamFault) return thrown;
  throw new TypeError(`expected an UpstreamFault, got ${String(thrown)}`);
}
