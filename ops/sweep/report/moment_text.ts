import { formatLocalTime } from "../../terminal/local_time.ts";

/** A moment for people, as short as it can be: the time alone when it is today's. */
export function momentText(ms: number, nowMs: number): string {
  const text = formatLocalTime(ms);
  const [day, time = ""] = text.split(" ");
  return day === formatLocalTime(nowMs).split(" ")[0] ? time : text;
}
