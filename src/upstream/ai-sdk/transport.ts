import type { AnswerHeaders } from '../http/answer-head.ts';
import { inPieces } from '../http/body.ts';
import { destinationOf } from '../http/destination.ts';
import { Exchange, type ExchangeOptions, heldBytesMax } from '../http/exchange.ts';
import { acceptedReply } from '../openai-reply.ts';
import type { RefusalContext } from '../refusal.ts';
import { Silence } from '../silence.ts';
import { UpstreamFault } from '../upstream-fault.ts';
import type { Fetch } from './wire.ts';

/** Every answer is asked for as a stream: of text, or of Amazon's frames. */
const streams = /^(text\/event-stream|application\/vnd\.amazon\.eventstream)\b/i;

export interface TransportOptions {
  readonly context: RefusalContext;
  readonly exchange: Omit<ExchangeOptions, 'to' | 'headers' | 'body'>;
  /** What the package's body becomes before it is sent. */
  amend(body: string): string;
  readonly userAgent: string;
}

/**
 * The network under a provider package: one POST over our own exchange, so that time-outs, aborts,
 * pauses, refusals and cuts are told as everywhere else. What the package makes of an error is
 * worth less than the error: `failure` keeps the first one as it was.
 */
export class Transport {
  readonly #options: TransportOptions;
  #exchange: Exchange | null = null;
  readonly #silence = new Silence();
  failure: unknown = null;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  readonly fetch: Fetch = async (input, init) => {
    try {
      // Some packages ask again by themselves for the rest of an answer: an attempt is one request.
      if (this.#exchange) throw new UpstreamFault({ failure: 'CUT', httpStatus: 200 });
      return await this.#send(new URL(String(input)), init);
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  };

  contentSeen(): void {
    this.#exchange?.contentSeen();
  }

  /** More has come since something was made of it than may wait for what comes behind. */
  get holdsMuch(): boolean {
    return this.#silence.bytes >= heldBytesMax;
  }

  /** Something was made of what came. */
  said(): void {
    this.#silence.end();
  }

  finish(): void {
    this.#exchange?.finish();
  }

  close(): void {
    this.#exchange?.close();
  }

  async #send(url: URL, init: RequestInit | undefined): Promise<Response> {
    const { exchange, context, amend, userAgent } = this.#options;
    const headers = {
      ...Object.fromEntries(new Headers(init?.headers)),
      'user-agent': userAgent,
    };
    const body = amend(String(init?.body ?? ''));
    this.#exchange = new Exchange({ ...exchange, to: destinationOf(url), headers, body });
    const told = await acceptedReply(this.#exchange, streams, context);
    return new Response(this.#body(this.#exchange), { headers: plain(told) });
  }

  /**
   * Pulled read by read: what nobody pulls stays in the socket. A body that fails ends here as if
   * it were whole, because an erred stream forgets what came before; `failure` tells.
   */
  #body(exchange: Exchange): ReadableStream<Uint8Array> {
    let pulled = () => {};
    let cancelled = false;
    return new ReadableStream({
      start: (controller) => {
        const take = (pieces: readonly Buffer[]) => {
          for (const piece of pieces) this.#silence.grow(piece.length);
          const rest = Promise.withResolvers<void>();
          pulled = rest.resolve; // before anything is enqueued: a reader that waits pulls at once
          if (!cancelled) for (const piece of pieces) controller.enqueue(new Uint8Array(piece));
          return rest.promise;
        };
        const poured = exchange.pour(inPieces(take));
        poured.catch((thrown) => this.#failed(thrown)).then(() => cancelled || controller.close());
      },
      pull: () => pulled(),
      cancel: () => {
        cancelled = true;
      },
    });
  }

  #failed(thrown: unknown): unknown {
    this.failure ??= thrown;
    return thrown;
  }
}

function plain(headers: AnswerHeaders): Headers {
  return new Headers(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    ),
  );
}
