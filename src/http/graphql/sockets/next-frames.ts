/** Lengths up to these are said in one byte and in two more: RFC 6455, 5.2. */
const shortMax = 125;
const middleMax = 65_535;
const finalText = 0x81;

/** What is longer, a snapshot as a rule, is not copied for each subscriber. */
const copiedMax = 16 * 1024;
const closingBrace = Buffer.from('}');

/** What is written one after the other; a text in Latin-1, of which each character is a byte. */
export type Frame = readonly (Buffer | string)[];

/**
 * Text messages of one operation, each a frame: its id stands before what it says, which may be the
 * same bytes for a thousand operations. A short one is one piece, so that it is one write; ws
 * writes the head of a frame apart from its content, and makes bytes of a text for each socket
 * anew. Of a text that is ASCII, as most tokens are, no bytes are made here at all.
 */
export function nextFrames(operationId: string | null): (payload: Buffer | string) => Frame {
  const before = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
  const beforeLength = Buffer.byteLength(before); // as text: bytes would hold the pool they are in
  return (payload) => {
    const payloadLength = Buffer.byteLength(payload);
    const length = beforeLength + payloadLength + 1;
    const ascii = length === before.length + payload.length + 1;
    if (typeof payload === 'string' && ascii && length <= middleMax) {
      return [`${headText(length)}${before}${payload}}`];
    }
    const head = length <= shortMax ? 2 : length <= middleMax ? 4 : 10;
    const shared = typeof payload !== 'string' && payloadLength > copiedMax;
    const frame = Buffer.allocUnsafe(head + (shared ? beforeLength : length));
    writeHead(frame, length);
    frame.write(before, head);
    if (shared) return [frame, payload, closingBrace];
    const at = head + beforeLength;
    if (typeof payload === 'string') frame.write(payload, at);
    else frame.set(payload, at);
    frame.set(closingBrace, frame.length - 1);
    return [frame];
  };
}

/** For a length up to `middleMax`. */
const headText = (length: number): string =>
  length <= shortMax
    ? String.fromCharCode(finalText, length)
    : String.fromCharCode(finalText, 126, length >> 8, length & 0xff);

function writeHead(frame: Buffer, length: number): void {
  frame[0] = finalText;
  if (length <= shortMax) frame[1] = length;
  else if (length <= middleMax) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
}
