import type { Log, LogFields } from '#kernel';

export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines, for tests that ask what an operator is told. */
export function recordingLog(
  base: LogFields = {},
  lines: LogLine[] = [],
): Log & { lines: LogLine[] } {
  const write =
    (level: LogLine['level']) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields: { ...base, ...fields } });
  return {
    lines,
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    with: (fields) => recordingLog({ ...base, ...fields }, lines),
  };
}
