import { createParser } from 'eventsource-parser';
import { UpstreamFault } from './upstream-fault.ts';

/** Text of an event stream in, the data of each event out. A line may be split anywhere. */
export interface SseParser {
  feed(text: string): void;
  /** At the end of the body: an event whose closing blank line was left out is delivered. */
  flush(): void;
}

export interface SseEvent {
  readonly data: string;
  readonly event?: string | undefined;
}

/** No event of a chat stream is near this; what is longer is a broken or hostile provider. */
const sseEventCharactersMax = 4 * 1024 * 1024;

/**
 * Comments (heartbeats) and unknown fields yield nothing. An event above the limit throws
 * EXCESS out of `feed`, and so does whatever `onEvent` throws.
 */
export function sseParser(onEvent: (event: SseEvent) => void): SseParser {
  const parser = createParser({
    maxBufferSize: sseEventCharactersMax,
    onEvent,
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') {
        throw new UpstreamFault({ failure: 'EXCESS', httpStatus: 200, cause: error });
      }
    },
  });
  return {
    feed: (text) => parser.feed(text),
    flush: () => parser.feed('\n\n'),
  };
}
