/** Lengths up to these are said in one byte and in two more: RFC 6455, 5.2. */
const shortMax = 125;
const middleMax = 65_535;
const finalText = 0x81;

/** What is longer, a snapshot as a rule, is not copied for each subscriber. */
const copiedMax = 16 * 1024;
const closingBrace = Buffer.from('}');

/**
 * Text messages of one operation, each a frame: its id stands before what it says, which may be the
 * same bytes for a thousand operations. A short one is one piece, so that it is one write; ws
 * writes the head of a frame apart from its content, and makes bytes of a text for each socket
 * anew.
 */
export function nextFrames(
  operationId: string | null,
): (payload: Buffer | string) => readonly Buffer[] {
  const before = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
  const beforeLength = Buffer.byteLength(before); // as text: bytes would hold the pool they are in
  return (payload) => {
    const payloadLength = Buffer.byteLength(payload);
    const length = beforeLength + payloadLength + 1;
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
