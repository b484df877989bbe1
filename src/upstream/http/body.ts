import { type Clock, deadline, type Take } from '#kernel';
import { UpstreamFault } from '../upstream-fault.ts';
import type { BodyReader, Exchange } from './exchange.ts';

/** A whole answer above this is no chat completion. */
const answerBytesMax = 4 * 1024 * 1024;
/**
 * What is read of a refusal, and for how long: enough for its words; its status is known already.
 */
const refusalBytesMax = 64 * 1024;
const refusalReadMs = 2_000;

/** Gives what was read in pieces, copied, to `take`. */
export function inPieces(take: Take<readonly Buffer[]>): BodyReader {
  let pieces: Buffer[] = [];
  return {
    read(bytes, start, end) {
      pieces.push(Buffer.from(bytes.subarray(start, end)));
      return false;
    },
    goOn() {
      const read = pieces;
      pieces = [];
      return take(read);
    },
  };
}

/**
 * The whole body as text. Its first byte that is not white space (a heartbeat) is the first
 * content.
 */
export async function readAnswer(
  exchange: Exchange,
  bytesMax: number = answerBytesMax,
): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let content = false;
  await exchange.pour(
    inPieces((read) => {
      for (const piece of read) {
        bytes += piece.length;
        pieces.push(piece);
      }
      if (bytes > bytesMax) throw new UpstreamFault({ failure: 'EXCESS', httpStatus: 200 });
      if (!content && read.some((piece) => !isBlank(piece))) {
        content = true;
        exchange.contentSeen();
      }
    }),
  );
  return Buffer.concat(pieces).toString('utf8');
}

/**
 * The beginning of a refusal's body; what could be read of it when the connection fails
 * meanwhile.
 */
export async function readRefusal(exchange: Exchange, clock: Clock): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const limit = deadline(clock, refusalReadMs, () => exchange.stopReading());
  try {
    await exchange.pour(
      inPieces((read) => {
        for (const piece of read) {
          bytes += piece.length;
          pieces.push(piece);
        }
        if (bytes > refusalBytesMax) exchange.stopReading();
      }),
    );
  } catch (failure) {
    if (!(failure instanceof UpstreamFault)) throw failure;
  } finally {
    limit.meet();
  }
  return Buffer.concat(pieces).toString('utf8', 0, refusalBytesMax);
}

function isBlank(piece: Buffer): boolean {
  return piece.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
