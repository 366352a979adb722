import type { TimeRange } from "../data/source.ts";

/**
 * A time in UTC as an axis needs it: with the date where it is the day that changes, with seconds
 * where marks are closer than a minute.
 *
 * @param apart Seconds between two marks.
 */
export function formatClock(seconds: number, apart: number): string {
  const text = new Date(seconds * 1000).toISOString();
  if (apart >= 86_400) return text.slice(5, 10);
  if (apart >= 7200) return text.slice(5, 16).replace("T", " ");
  return apart < 60 ? text.slice(11, 19) : text.slice(11, 16);
}

/** A time in UTC with its date: `2026-11-26 08:15:00`. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

/** From when to when, in UTC; the second date only where it is another one. */
export function formatSpan({ start, end }: TimeRange): string {
  const [from, to] = [formatTime(start), formatTime(end)];
  const isSameDay = from.slice(0, 10) === to.slice(0, 10);
  return `${from} to ${isSameDay ? to.slice(11) : to} UTC`;
}
