import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Line, rounded } from './figures.ts';
import { startBourse } from './measured-process.ts';
import type { Row } from './rows.ts';

const laterStarts = 3;

/** From the start of the process to its being ready, on the embedded database. */
export const startRow: Row = {
  name: 'start',
  async run() {
    const dataDir = await mkdtemp(join(tmpdir(), 'bourse-bench-'));
    try {
      const first = await startMs(dataDir);
      const later: number[] = [];
      for (let start = 0; start < laterStarts; start++) later.push(await startMs(dataDir));
      const longest = Math.max(...later);
      return [line('first', first, 10), line(`later, the longest of ${laterStarts}`, longest, 3)];
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

async function startMs(dataDir: string): Promise<number> {
  const begun = performance.now();
  const bourse = await startBourse({ PORT: '0', LOG_LEVEL: 'warn', DATA_DIR: dataDir });
  const ms = performance.now() - begun;
  await bourse.stop();
  return ms;
}

const line = (which: string, ms: number, seconds: number): Line => ({
  row: 'start',
  what: `start until ready, embedded: ${which}`,
  figure: `${rounded(ms / 1_000)} s`,
  reference: '',
  ratio: '',
  bar: atMost(seconds, 's'),
  measured: ms / 1_000,
});
