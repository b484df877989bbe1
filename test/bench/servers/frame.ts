/** One text message of a server: RFC 6455, 5.2; none of ours is longer than 65,535 bytes. */
export function frameOf(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const head = bytes < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(head + bytes);
  frame[0] = 0x81;
  if (head === 2) frame[1] = bytes;
  else {
    frame[1] = 126;
    frame.writeUInt16BE(bytes, 2);
  }
  frame.write(text, head, 'latin1');
  return frame;
}
