/** How often sweeps run. */
export interface Interval {
  readonly seconds: number;
  /** As systemd's `OnCalendar=` has it. */
  readonly calendar: string;
  /** As the first five fields of a crontab's line have it. */
  readonly cron: string;
}

const minutes: readonly number[] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const hours: readonly number[] = [1, 2, 3, 4, 6, 8, 12];

/** How an interval is written, for messages. */
export const intervalRule =
  `it must be minutes that divide an hour (${minutes.map((each) => `${each}m`).join(", ")}), ` +
  `hours that divide a day (${hours.map((each) => `${each}h`).join(", ")}), or 1d`;

/**
 * An interval such as `5m`; `undefined` for what is none. Only such as both systemd and cron can
 * keep by the clock: then a machine that was off knows what it has missed.
 */
export function parseInterval(text: string): Interval | undefined {
  const [, amountText, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const amount = Number(amountText);
  if (unit === "m" && minutes.includes(amount)) {
    const step = amount === 1 ? "*" : `0/${amount}`;
    return {
      seconds: amount * 60,
      calendar: `*-*-* *:${step}:00`,
      cron: `${amount === 1 ? "*" : `*/${amount}`} * * * *`,
    };
  }
  if (unit === "m" && amount === 60 || unit === "h" && amount === 24) {
    return parseInterval(unit === "m" ? "1h" : "1d");
  }
  if (unit === "h" && hours.includes(amount)) {
    const step = amount === 1 ? "*" : `0/${amount}`;
    return {
      seconds: amount * 3600,
      calendar: `*-*-* ${step}:00:00`,
      cron: `0 ${amount === 1 ? "*" : `*/${amount}`} * * *`,
    };
  }
  if (unit === "d" && amount === 1) {
    return { seconds: 86_400, calendar: "*-*-* 00:00:00", cron: "0 0 * * *" };
  }
  return undefined;
}
