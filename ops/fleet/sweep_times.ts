/**
 * Times as the inventory has them for sweeps: days, moments, and windows that come every week, each
 * in a time zone.
 */

/** A window that comes again every week. */
export interface WeeklyWindow {
  /** Days on which it begins: 1 is Monday, 7 Sunday. */
  readonly days: readonly number[];
  /** Minutes since midnight; one that ends where it begins, or before, ends on the next day. */
  readonly fromMinute: number;
  readonly untilMinute: number;
  /** IANA name of its time zone, or an offset such as `+01:00`. */
  readonly zone: string;
}

const dayNames: readonly string[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const minutesOfDay = 1440;

/** How a weekly window is written, for messages. */
export const weeklyRule =
  'it must be days and times, such as "sun 03:00-04:00", "mon-fri 22:00-06:00", ' +
  '"sat,sun 00:00-24:00" or "daily 03:00-03:30"';

/** How a moment is written, for messages. */
export const momentRule = 'it must be a day or a time, such as "2026-12-01", "2026-12-01 18:00" ' +
  'or "2026-12-01T18:00:00+01:00"';

/** Whether `zone` names a time zone that this machine knows. */
export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * A moment, in ms since 1970; `undefined` for what is none.
 *
 * @param zone Time zone of a text that names none.
 * @param edge What a day alone stands for: its first moment, or its last.
 */
export function parseMoment(text: string, zone: string, edge: "start" | "end"): number | undefined {
  try {
    const trimmed = text.trim();
    if (/^\d{4}-\d{2}-\d{2}$/.test(trimmed)) {
      const day = Temporal.PlainDate.from(trimmed).add({ days: edge === "end" ? 1 : 0 });
      return day.toZonedDateTime(zone).epochMilliseconds;
    }
    const [, date, time, offset] =
      /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?) ?(Z|[+-]\d{2}:\d{2})?$/.exec(trimmed) ?? [];
    if (date === undefined) return undefined;
    return offset === undefined
      ? Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(zone).epochMilliseconds
      : Temporal.Instant.from(`${date}T${time}${offset}`).epochMilliseconds;
  } catch {
    return undefined; // 2026-02-30
  }
}

/** A window as the inventory writes it; `undefined` for what is none. */
export function parseWeekly(text: string, zone: string): WeeklyWindow | undefined {
  const [, dayText = "", from, until] =
    /^([a-z,-]+) +(\d{2}:\d{2}) ?- ?(\d{2}:\d{2})$/.exec(text.trim().toLowerCase()) ?? [];
  const days = parseDays(dayText);
  const fromMinute = parseTime(from);
  const untilMinute = parseTime(until);
  if (days === undefined || fromMinute === undefined || untilMinute === undefined) return undefined;
  if (fromMinute === minutesOfDay) return undefined;
  return { days, fromMinute, untilMinute, zone };
}

/** When the window ends that `nowMs` is in, in ms since 1970; `undefined` when it is in none. */
export function weeklyEnd(window: WeeklyWindow, nowMs: number): number | undefined {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(window.zone);
  const { days, fromMinute, untilMinute, zone } = window;
  const lastsOver = untilMinute <= fromMinute ? 1 : 0;
  for (const daysAgo of [0, 1]) {
    const begun = now.toPlainDate().subtract({ days: daysAgo });
    if (!days.includes(begun.dayOfWeek)) continue;
    const startMs = momentOf(begun, fromMinute, zone);
    const endMs = momentOf(begun.add({ days: lastsOver }), untilMinute, zone);
    if (startMs <= nowMs && nowMs < endMs) return endMs;
  }
  return undefined;
}

/** By the clock on the wall: on the day of a change of time, too, 03:00 is when it shows that. */
function momentOf(day: Temporal.PlainDate, minute: number, zone: string): number {
  const date = day.add({ days: Math.floor(minute / minutesOfDay) });
  const left = minute % minutesOfDay;
  const time = Temporal.PlainTime.from({ hour: Math.floor(left / 60), minute: left % 60 });
  return date.toZonedDateTime({ timeZone: zone, plainTime: time }).epochMilliseconds;
}

/** `sun`, `sat,sun`, `mon-fri`, `fri-mon`, `daily`. */
function parseDays(text: string): number[] | undefined {
  if (text === "daily") return dayNames.map((_, index) => index + 1);
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const [first = "", last = first, ...rest] = part.split("-");
    const from = dayNames.indexOf(first);
    const to = dayNames.indexOf(last);
    if (from === -1 || to === -1 || rest.length > 0) return undefined;
    for (let day = from;; day = (day + 1) % dayNames.length) {
      days.add(day + 1);
      if (day === to) break;
    }
  }
  return [...days];
}

function parseTime(text: string | undefined): number | undefined {
  const [hours = NaN, minutes = NaN] = text?.split(":").map(Number) ?? [];
  const minute = hours * 60 + minutes;
  return minutes < 60 && minute <= minutesOfDay ? minute : undefined;
}
