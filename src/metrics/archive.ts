import type { Storage } from '#storage';
import type { StoredFigures } from './figures.ts';
import type { Row } from './own.ts';
import type { Source } from './series.ts';
import { type Span, type Step, stepMs, steps } from './window.ts';

/** A row as it was read, with the session that counted it. */
export interface KeptRow extends Omit<Row, 'figures'> {
  readonly source: Source;
  readonly figures: StoredFigures;
}

/** The figures' durable home: one row for each subject, step and session that counted. */
export interface Archive {
  /** Replaces these rows of `source`. */
  write(source: Source, rows: readonly Row[]): Promise<void>;
  /** All subjects, or these. */
  read(span: Span, subjects?: readonly string[]): Promise<KeptRow[]>;
  /** Where the oldest row begins; nowhere without one. */
  since(step: Step): Promise<number>;
  /** Drops what no window reaches any more. */
  prune(nowMs: number): Promise<void>;
}

/**
 * Hours and days for a month and the month before it, which rankings compare; minutes for the
 * history of a day, nothing longer is made of them.
 */
const keptMs: Readonly<Record<Step, number>> = {
  MINUTE: 2 * stepMs.DAY,
  HOUR: 62 * stepMs.DAY,
  DAY: 62 * stepMs.DAY,
};

interface StoredRow {
  readonly at: Date;
  readonly subject: string;
  readonly session: number;
  readonly figures: StoredFigures;
}

export function openArchive(storage: Pick<Storage, 'query'>): Archive {
  return {
    async write(source, rows) {
      await storage.query(writing, [source, JSON.stringify(rows.map(stored))]);
    },
    async read({ step, fromMs, untilMs }, subjects) {
      const parameters = [step, new Date(fromMs), new Date(untilMs), subjects ?? null];
      const rows = await storage.query<StoredRow>(reading, parameters);
      return rows.map(({ at, subject, session, figures }) => ({
        step,
        atMs: at.getTime(),
        subject,
        source: Number(session),
        figures,
      }));
    },
    async since(step) {
      const [oldest] = await storage.query<{ readonly at: Date | null }>(
        'SELECT min(at) AS at FROM metrics_row WHERE step = $1::"MetricsStep"',
        [step],
      );
      return oldest?.at?.getTime() ?? Number.POSITIVE_INFINITY;
    },
    async prune(nowMs) {
      for (const step of steps) {
        await storage.query('DELETE FROM metrics_row WHERE step = $1::"MetricsStep" AND at < $2', [
          step,
          new Date(nowMs - keptMs[step]),
        ]);
      }
    },
  };
}

const stored = ({ step, atMs, subject, figures }: Row) => ({
  step,
  at: new Date(atMs).toISOString(),
  subject,
  figures,
});

const writing = `
  INSERT INTO metrics_row (step, at, subject, session, figures)
  SELECT step, at, subject, $1, figures
  FROM jsonb_to_recordset($2::jsonb)
    AS r(step "MetricsStep", at timestamptz, subject text, figures jsonb)
  ON CONFLICT (step, subject, at, session) DO UPDATE SET figures = EXCLUDED.figures`;

const reading = `
  SELECT at, subject, session, figures FROM metrics_row
  WHERE step = $1::"MetricsStep" AND at >= $2 AND at < $3
    AND ($4::text[] IS NULL OR subject = ANY ($4))`;
