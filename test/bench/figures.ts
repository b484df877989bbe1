/** The arithmetic of the bench, and how a figure is printed. */

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** By the nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const index = Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1);
  return sorted[index] ?? Number.NaN;
}

/** One measurement of both sides, one right after the other: units are the same on both. */
export interface Round {
  readonly figure: number;
  readonly reference: number;
}

export interface Comparison extends Round {
  /** The median of the rounds' own ratios: what disturbs a round disturbs both of its sides. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
}

export function compare(rounds: readonly Round[]): Comparison {
  const ratios = rounds.map(({ figure, reference }) => figure / reference);
  return {
    figure: median(rounds.map(({ figure }) => figure)),
    reference: median(rounds.map(({ reference }) => reference)),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
  };
}

/** What a figure is held to. */
export interface Bar {
  readonly kind: 'at most' | 'at least';
  readonly value: number;
  readonly unit: string;
}

export const atMost = (value: number, unit = '×'): Bar => ({ kind: 'at most', value, unit });

export function holds({ kind, value }: Bar, measured: number): boolean {
  return kind === 'at most' ? measured <= value : measured >= value;
}

/** One line of the table. */
export interface Line {
  readonly row: string;
  readonly what: string;
  readonly figure: string;
  readonly reference: string;
  readonly ratio: string;
  readonly bar: Bar;
  /** What the bar is compared with. */
  readonly measured: number;
}

const headings = ['row', 'what', 'figure', 'reference', 'ratio (min–max)', 'bar', ''];

/** A table in Markdown that is aligned for a terminal as well. */
export function tableOf(lines: readonly Line[]): string {
  const rows = lines.map((line) => [
    line.row,
    line.what,
    line.figure,
    line.reference,
    line.ratio,
    `${line.bar.kind === 'at most' ? '≤' : '≥'} ${rounded(line.bar.value)} ${line.bar.unit}`.trim(),
    holds(line.bar, line.measured) ? 'holds' : 'MISSED',
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const print = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [headings, rule, ...rows].map(print).join('\n');
}

/** Three digits that say something. */
export function rounded(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
