/** Lengths up to these are said in one byte and in two more: RFC 6455, 5.2. */
const shortMax = 125;
const middleMax = 65_535;
const finalText = 0x81;

/** What is longer, a snapshot as a rule, is not copied for each subscriber. */
const copiedMax = 16 * 1024;
const closingBrace = Buffer.from('}');

/**
 * Text messages of one operation, each a frame: what comes of an update is the same bytes for a
 * thousand operations, only the operation's id stands before them. A short one is one piece, so
 * that it is one write; ws writes the head of a frame apart from its content, and makes bytes of
 * the text for each socket anew.
 */
export function feedFrames(operationId: string | null): (payload: Buffer) => readonly Buffer[] {
  const before = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
  const beforeLength = Buffer.byteLength(before); // as text: bytes would hold the pool they are in
  return (payload) => {
    const length = beforeLength + payload.length + 1;
    const head = length <= shortMax ? 2 : length <= middleMax ? 4 : 10;
    const shared = payload.length > copiedMax;
    const frame = Buffer.allocUnsafe(head + (shared ? beforeLength : length));
    writeHead(frame, length);
    frame.write(before, head);
    if (shared) return [frame, payload, closingBrace];
    frame.set(payload, head + beforeLength);
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
