import { UpstreamFault } from '#upstream';
import type { Transcript } from './transcript.ts';

/** No vocabulary has a token of more bytes. */
const bytesPerTokenMax = 128;
/** For thoughts that a service leaves out of its cap, for signatures and sources. */
const bytesBeside = 1024 * 1024;
/** However much was asked for. */
const bytesMax = 16 * 1024 * 1024;

/**
 * An answer is kept for everybody who may come back to it, so one that goes on and on, whatever cap
 * it was sent, would fill the node's memory.
 *
 * @throws UpstreamFault EXCESS.
 */
export function refuseExcess(transcript: Transcript, maxTokens: number): void {
  const { bytes, besides, held } = transcript;
  const most = Math.min(bytesBeside + maxTokens * bytesPerTokenMax, bytesMax);
  if (bytes + besides <= most && held <= bytesMax) return;
  throw new UpstreamFault({ failure: 'EXCESS', httpStatus: 200 });
}
