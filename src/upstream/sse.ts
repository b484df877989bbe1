import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { UpstreamFault } from './connector.ts';

/**
 * Bytes of an event stream in, the data of each event out. A character or a line may be split
 * anywhere.
 */
export interface SseDecoder {
  feed(bytes: Buffer): void;
  /** At the end of the body: an event whose closing blank line was left out is delivered. */
  flush(): void;
}

export interface SseEvent {
  readonly data: string;
  readonly event?: string | undefined;
}

/** No event of a chat stream is near this; what is longer is a broken or hostile provider. */
export const sseEventCharactersMax = 16 * 1024 * 1024;

/**
 * Comments (heartbeats) and unknown fields yield nothing. An event above the limit throws
 * MALFORMED out of `feed`, and so does whatever `onEvent` throws.
 */
export function sseDecoder(
  onEvent: (event: SseEvent) => void,
  charactersMax = sseEventCharactersMax,
): SseDecoder {
  const decoder = new StringDecoder('utf8');
  const parser = createParser({
    maxBufferSize: charactersMax,
    onEvent,
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') {
        throw new UpstreamFault({ failure: 'MALFORMED', cause: error });
      }
    },
  });
  return {
    feed: (bytes) => parser.feed(decoder.write(bytes)),
    flush: () => parser.feed(`${decoder.end()}\n\n`),
  };
}
