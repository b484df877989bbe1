import { AlikeChunks } from './alike-chunks.ts';
import { Characters } from './characters.ts';
import { isContent, type TakeBatch, type UpstreamEvent } from './connector.ts';
import type { Exchange } from './http/exchange.ts';
import { AnswerReader, type ErrorInBody } from './openai-answer.ts';
import type { Dialect } from './openai-dialect.ts';
import { acceptedReply, errorInBody } from './openai-reply.ts';
import { answerIn } from './openai-whole.ts';
import type { RefusalContext } from './refusal.ts';
import { Silence } from './silence.ts';
import { type SseEvent, sseParser } from './sse.ts';
import { UpstreamFault } from './upstream-fault.ts';

interface StreamContext extends RefusalContext, Pick<Dialect, 'endMark'> {
  /** Whether the caller sees it, and it is content. */
  readonly isShown: (event: UpstreamEvent) => boolean;
}

/** A stream of chunks: a batch for each read that says something. */
export async function streamedAnswer(
  exchange: Exchange,
  context: StreamContext,
  take: TakeBatch,
): Promise<void> {
  try {
    const headers = await acceptedReply(exchange, /^text\/event-stream\b/i, context);
    const stream = new ChunkStream(errorInBody(headers, context), context.endMark);
    const silence = new Silence();
    let content = false;
    let shown = false;
    let bytes = 0;
    const tell = ({ events, fault }: Said) => {
      const says = events.some(isContent);
      if (says) silence.end();
      else silence.grow(bytes);
      bytes = 0;
      if (!content && says) {
        content = true;
        exchange.contentSeen();
      }
      if (!shown && events.some(context.isShown)) {
        shown = true;
        exchange.gather();
      }
      // What was said before the failure, in the same read, was said.
      const taking = events.length > 0 ? take(events) : undefined;
      if (fault) throw fault.thrown;
      if (!stream.done) return taking;
      return taking ? taking.then(() => exchange.finish()) : exchange.finish();
    };
    await exchange.pour({
      read(piece, start, end) {
        bytes += end - start;
        return stream.read(piece, start, end);
      },
      goOn: () => tell(stream.said()),
    });
    if (!stream.done) await tell(stream.close());
  } finally {
    exchange.close();
  }
}

interface Said {
  readonly events: readonly UpstreamEvent[];
  readonly fault: { readonly thrown: unknown } | null;
}

/**
 * Bytes in, batches out, until the end mark, or the end of the body where the service sends none.
 * What stands behind the end mark is not looked at. A character or a line may be split anywhere.
 */
export class ChunkStream {
  readonly #answer: AnswerReader;
  readonly #alike: AlikeChunks;
  readonly #endMark: boolean;
  readonly #characters = new Characters();
  readonly #sse = sseParser((event) => this.#receive(event));
  #events: UpstreamEvent[] = [];
  #fault: Said['fault'] = null;
  /** No event is open: what comes next begins one. */
  #between = true;
  #closing = false;
  done = false;

  constructor(errorInBody: ErrorInBody, endMark = true) {
    this.#endMark = endMark;
    this.#answer = new AnswerReader(errorInBody);
    this.#alike = new AlikeChunks(errorInBody);
  }

  /** Reads some of the body; the bytes are not needed afterwards. True: it is the last of it. */
  read(bytes: Buffer, start = 0, end = bytes.length): boolean {
    try {
      if (!this.#fault) this.#feed(this.#characters.read(bytes, start, end));
    } catch (thrown) {
      this.#fault = { thrown };
    }
    return this.done || this.#fault !== null;
  }

  /** What was said since the last time. */
  said(): Said {
    const said = { events: this.#events, fault: this.#fault };
    this.#events = [];
    return said;
  }

  /** The body has ended. Where a mark is missing that is a CUT, whatever was said before. */
  close(): Said {
    try {
      if (!this.#fault) this.#close();
    } catch (thrown) {
      this.#fault = { thrown };
    }
    return this.said();
  }

  #feed(text: string): void {
    for (let at = 0; at < text.length && !this.done; ) {
      const end = this.#between ? this.#alike.read(text, at, this.#events) : -1;
      at = end < 0 ? this.#parse(text, at) : end;
    }
  }

  /** As far as the end of an event, where one is to be seen. */
  #parse(text: string, at: number): number {
    const blankLine = text.indexOf('\n\n', at);
    this.#between = blankLine >= 0;
    const end = this.#between ? blankLine + 2 : text.length;
    this.#sse.feed(text.slice(at, end));
    return end;
  }

  /** The end mark counts also without its closing line break; a chunk without it is incomplete. */
  #close(): void {
    this.#closing = true;
    this.#sse.feed(this.#characters.end());
    this.#sse.flush();
    if (this.done) return;
    if (this.#endMark) throw new UpstreamFault({ failure: 'CUT', httpStatus: 200 });
    this.#answer.end(this.#events);
    this.done = true;
  }

  #receive({ data, event }: SseEvent): void {
    if (this.done) return;
    if (data.startsWith('[DONE]')) {
      this.done = true;
      this.#answer.end(this.#events);
    } else if (!this.#closing && data !== '') {
      const chunk = answerIn(data);
      const before = this.#events.length;
      this.#answer.read(
        event === 'error' && !chunk?.error ? { error: chunk } : chunk,
        this.#events,
      );
      const said = this.#events[before];
      if (said?.type === 'text') this.#alike.learn(data, said.text);
    }
  }
}
