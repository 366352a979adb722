/**
 * A time in UTC as an axis needs it: with the date where it is the day that changes, with seconds
 * where marks are closer than a minute.
 *
 * @param apart Seconds between two marks.
 */
export function formatClock(seconds: number, apart: number): string {
  const text = new Date(seconds * 1000).toISOString();
  if (apart >= 43_200) return text.slice(5, 10);
  if (apart >= 7200) return text.slice(5, 16).replace("T", " ");
  return apart < 60 ? text.slice(11, 19) : text.slice(11, 16);
}

/** A time in UTC with its date: `2026-11-26 08:15:00`. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}
