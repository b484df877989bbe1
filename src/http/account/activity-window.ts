import { z } from 'zod';
import { dayMs, InvalidInput } from '#kernel';

const days = 30;

/**
 * The whole days (UTC) that an activity is about, half-open: the last 30, or the one of them that
 * `date` names. Today is not whole yet, so it is not among them.
 *
 * @throws InvalidInput for a date that does not exist or is none of these days.
 */
export function activityWindow(date: string | undefined, nowMs: number): { from: Date; to: Date } {
  const today = nowMs - (nowMs % dayMs);
  if (date === undefined) return { from: new Date(today - days * dayMs), to: new Date(today) };
  // Read by itself, 31 February is the third of March.
  const asked = z.iso.date().safeParse(date).success ? Date.parse(date) : Number.NaN;
  if (asked >= today - days * dayMs && asked < today) {
    return { from: new Date(asked), to: new Date(asked + dayMs) };
  }
  const accepted = `one of the last ${days} whole days, as 2026-01-31`;
  throw InvalidInput.at('date', 'It is not in the window.', accepted);
}
