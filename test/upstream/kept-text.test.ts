import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { UpstreamFault } from '#upstream';
import { ChunkStream } from '../../src/upstream/openai-stream.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const id = 'x'.repeat(32_000);
const said = (content: string) =>
  `data: ${JSON.stringify({ id, choices: [{ index: 0, delta: { content } }] })}\n\n`;

test('a text that is kept does not keep what was read with it', () => {
  const stream = new ChunkStream((error) => error as UpstreamFault);
  const kept: unknown[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 1_000; at++) {
    stream.read(Buffer.from(said(`A piece of an answer, the ${at}th`)));
    kept.push(...stream.said().events);
  }
  collect();
  expect(kept).toHaveLength(1_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
});
