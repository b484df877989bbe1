import { crc32 } from 'node:zlib';

/**
 * Records in a file: each is its length (4 bytes, big-endian), the CRC-32 of its payload (4 bytes)
 * and the payload. A crash in the middle of a write leaves a torn frame at the end, which is told
 * from a whole one by its checksum.
 */
export function frame(payload: string): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(bytes.length, 0);
  head.writeUInt32BE(crc32(bytes), 4);
  return Buffer.concat([head, bytes]);
}

/**
 * The payloads of all whole frames from the start on, and whether something that is none follows
 * them.
 */
export function readFrames(file: Buffer): { payloads: string[]; torn: boolean } {
  const payloads: string[] = [];
  let at = 0;
  while (at + headBytes <= file.length) {
    const length = file.readUInt32BE(at);
    const bytes = file.subarray(at + headBytes, at + headBytes + length);
    if (bytes.length < length || crc32(bytes) !== file.readUInt32BE(at + 4)) break;
    payloads.push(bytes.toString());
    at += headBytes + length;
  }
  return { payloads, torn: at < file.length };
}

const headBytes = 8;
