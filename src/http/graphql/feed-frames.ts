/** Lengths up to these are said in one byte and in two more: RFC 6455, 5.2. */
const shortMax = 125;
const middleMax = 65_535;
const finalText = 0x81;

/**
 * Text messages of one operation, each a frame in one piece: what comes of an update is the same
 * bytes for a thousand operations, only the operation's id stands before them. ws writes the head
 * of a frame apart from its content, and makes bytes of the text for each socket anew.
 */
export function feedFrames(operationId: string | null): (payload: Buffer) => Buffer {
  const before = Buffer.from(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`);
  return (payload) => {
    const length = before.length + payload.length + 1;
    const head = length <= shortMax ? 2 : length <= middleMax ? 4 : 10;
    const frame = Buffer.allocUnsafe(head + length);
    frame[0] = finalText;
    if (head === 2) frame[1] = length;
    else if (head === 4) {
      frame[1] = 126;
      frame.writeUInt16BE(length, 2);
    } else {
      frame[1] = 127;
      frame.writeBigUInt64BE(BigInt(length), 2);
    }
    frame.set(before, head);
    frame.set(payload, head + before.length);
    frame[frame.length - 1] = closingBrace;
    return frame;
  };
}

const closingBrace = 0x7d;
