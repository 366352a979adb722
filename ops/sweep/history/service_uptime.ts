import type { HistoryDatabase } from "./history_database.ts";

/** How long a service was up, down and unwatched within a while that ends now, in ms. */
export interface UptimeWindow {
  /** `24h`, `7d` or `30d`. */
  readonly name: string;
  readonly upMs: number;
  readonly downMs: number;
  /** When no sweep looked, or two were too far apart to tell. */
  readonly unknownMs: number;
}

/** How a service was. */
export interface ServiceUptime {
  readonly service: string;
  /** By the last sweep that looked at it. */
  readonly isUp: boolean;
  readonly windows: readonly UptimeWindow[];
}

const hourMs = 3_600_000;

/** The windows that operators agree on with their users. */
export const uptimeWindows = [
  { name: "24h", spanMs: 24 * hourMs },
  { name: "7d", spanMs: 7 * 24 * hourMs },
  { name: "30d", spanMs: 30 * 24 * hourMs },
] as const;

/** How many sweeps in a row may be missing before nobody knows what was in between. */
const missingSweeps = 3;
/** Bounds of that time: sweeps by hand come in quick succession, and hours apart nobody knows. */
const minKnownMs = hourMs / 4;
const maxKnownMs = 2 * hourMs;

/**
 * How long what a sweep has seen stands for what was until the next one.
 *
 * @param startsMs When sweeps have begun, in any order.
 */
export function knownSpanMs(startsMs: readonly number[]): number {
  const sorted = startsMs.toSorted((a, b) => a - b);
  const distances = sorted.slice(1).map((start, i) => start - sorted[i]!).toSorted((a, b) => a - b);
  const usual = distances[Math.floor(distances.length / 2)] ?? 0;
  return Math.min(maxKnownMs, Math.max(minKnownMs, missingSweeps * usual));
}

/** When {@linkcode recordServices} records, in ms since 1970. */
export interface ServiceTimes {
  /** Start of the sweep. */
  readonly atMs: number;
  /** How long what a sweep has seen stands for what comes after it. */
  readonly knownMs: number;
  /** This machine's clock. */
  readonly nowMs: number;
}

/**
 * Writes what a sweep has seen of services, within a transaction. A service's time until then is
 * what it was at the sweep before, if that is no more than `knownMs` ago.
 */
export function recordServices(
  database: HistoryDatabase,
  services: ReadonlyMap<string, boolean>,
  { atMs, knownMs, nowMs }: ServiceTimes,
): void {
  for (const [service, isUp] of services) {
    // What is later than now was seen by a clock that was ahead.
    const [last] = database.rows<[number, number, number]>(
      "select rowid, is_up, until_ms from service_states where service = ? and until_ms <= ? " +
        "order by until_ms desc, rowid desc limit 1",
      ...[service, nowMs],
    );
    const [row, was, untilMs] = last ?? [0, 0, -Infinity];
    // Two sweeps at once: the other one has said it.
    if (untilMs >= atMs) continue;
    const isKnown = atMs - untilMs <= knownMs;
    if (isKnown) database.run("update service_states set until_ms = ? where rowid = ?", atMs, row);
    if (isKnown && was === Number(isUp)) continue;
    database.run(
      "insert into service_states (service, is_up, since_ms, until_ms) values (?, ?, ?, ?)",
      ...[service, Number(isUp), atMs, atMs],
    );
  }
}

/** A service that was not looked at for this long before the last look at any is no more. */
const forgottenMs = 24 * hourMs;

/** How all services were until `nowMs`, by name. */
export function serviceUptimes(database: HistoryDatabase, nowMs: number): ServiceUptime[] {
  const longest = Math.max(...uptimeWindows.map(({ spanMs }) => spanMs));
  const rows = database.rows<[string, number, number, number]>(
    "select service, is_up, since_ms, until_ms from service_states " +
      "where until_ms >= ? and until_ms <= ? order by service, until_ms, rowid",
    ...[nowMs - longest, nowMs],
  );
  const lastMs = rows.reduce((last, [, , , untilMs]) => Math.max(last, untilMs), 0);
  return [...Map.groupBy(rows, ([service]) => service)]
    .filter(([, spans]) => spans.at(-1)![3] >= lastMs - forgottenMs)
    .map(([service, spans]) => ({
      service,
      isUp: spans.at(-1)![1] === 1,
      windows: uptimeWindows.map(({ name, spanMs }) => windowOf(name, spanMs, spans, nowMs)),
    }));
}

function windowOf(
  name: string,
  spanMs: number,
  spans: readonly (readonly [string, number, number, number])[],
  nowMs: number,
): UptimeWindow {
  const within = (wanted: number): number =>
    spans.filter(([, isUp]) => isUp === wanted).reduce(
      (sum, [, , since, until]) => sum + overlapMs(since, until, nowMs - spanMs, nowMs),
      0,
    );
  const upMs = within(1);
  const downMs = within(0);
  return { name, upMs, downMs, unknownMs: Math.max(0, spanMs - upMs - downMs) };
}

/** The part of the known time in which the service was up; `undefined` where nothing is known. */
export function uptimeRatio(
  { upMs, downMs }: Pick<UptimeWindow, "upMs" | "downMs">,
): number | undefined {
  return upMs + downMs === 0 ? undefined : upMs / (upMs + downMs);
}

function overlapMs(since: number, until: number, from: number, to: number): number {
  return Math.max(0, Math.min(until, to) - Math.max(since, from));
}
