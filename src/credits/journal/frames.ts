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

/** What is in a file of frames. */
export interface Frames {
  readonly payloads: readonly string[];
  /** Places between whole frames where there is none: the disk has lost something. */
  readonly gaps: number;
  /** Something that is no frame follows the last one, as a crash leaves it. */
  readonly torn: boolean;
}

/** The payloads of all whole frames. */
export function readFrames(file: Buffer): Frames {
  const payloads: string[] = [];
  let gaps = 0;
  for (let at = 0; ; ) {
    const next = nextFrame(file, at);
    if (next === null) return { payloads, gaps, torn: at < file.length };
    if (next.at > at) gaps++;
    payloads.push(next.payload.toString());
    at = next.at + headBytes + next.payload.length;
  }
}

/** The first whole frame that begins at `from` or behind. */
function nextFrame(file: Buffer, from: number): { at: number; payload: Buffer } | null {
  for (let at = from; at + headBytes < file.length; at++) {
    const payload = payloadAt(file, at);
    if (payload) return { at, payload };
  }
  return null;
}

/** Zeros, which a file system may put where bytes were lost, are no frame without a payload. */
function payloadAt(file: Buffer, at: number): Buffer | null {
  const length = file.readUInt32BE(at);
  const begin = at + headBytes;
  if (length === 0 || begin + length > file.length) return null;
  const payload = file.subarray(begin, begin + length);
  return crc32(payload) === file.readUInt32BE(at + 4) ? payload : null;
}

const headBytes = 8;
