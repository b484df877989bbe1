import { type Line, tableOf } from './figures.ts';
import { rows } from './rows.ts';
import { openStage } from './stage.ts';

/**
 * `npm run bench`: what Bourse costs with everything on, as a ratio to the least that does the same
 * work, measured one right after the other. `npm run bench -- <row> …` runs these rows alone.
 * Microseconds are those of this machine at this moment; the ratios are what can be compared.
 */
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0) {
  const known = rows.map(({ name }) => name).join(', ');
  process.stderr.write(`There is no row ${unknown.join(', ')}. The rows: ${known}.\n`);
  process.exit(2);
}

const stage = await openStage();
const stop = () => void stage.close().finally(() => process.exit(1));
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

const lines: Line[] = [];
try {
  for (const row of rows) {
    if (asked.length > 0 && !asked.includes(row.name)) continue;
    const begun = performance.now();
    const found = await row.run(stage);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
    for (const { what, figure, ratio } of found) {
      process.stderr.write(`${row.name}, ${what}: ${figure}, ${ratio} (${seconds} s)\n`);
    }
    lines.push(...found);
  }
} finally {
  await stage.close();
}
process.stdout.write(`${tableOf(lines)}\n`);
process.exit(0);
