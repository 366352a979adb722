import { formatTime } from "./clock.ts";

/** A steady scale of a unit: how much of the base each step is, and its sign. */
type Scale = readonly (readonly [factor: number, sign: string])[];

const thousands: Scale = [[1, ""], [1e3, "K"], [1e6, "Mil"], [1e9, "Bil"], [1e12, "Tri"]];
const seconds: Scale = [
  ...[[1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"], [60, "mins"]] as const,
  ...[[3600, "hours"], [86_400, "days"], [604_800, "weeks"], [31_557_600, "years"]] as const,
];

function prefixed(sign: string, base: number, prefixes: readonly string[]): Scale {
  return prefixes.map((prefix, i) => [base ** i, prefix + sign] as const);
}
const decimal = ["", "k", "M", "G", "T", "P"];
const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
const perSecond = (sign: string): Scale =>
  thousands.map(([factor, prefix]) => [factor, `${prefix.slice(0, 1)} ${sign}`.trim()] as const);

/** Scales by Grafana's name of the unit. */
const scales: Readonly<Record<string, Scale>> = {
  short: thousands,
  s: seconds,
  ms: inUnitsOf(1e-3),
  µs: inUnitsOf(1e-6),
  ns: inUnitsOf(1e-9),
  m: inUnitsOf(60),
  h: inUnitsOf(3600),
  d: inUnitsOf(86_400),
  bytes: prefixed("B", 1024, binary),
  decbytes: prefixed("B", 1000, decimal),
  bits: prefixed("b", 1024, binary),
  decbits: prefixed("b", 1000, decimal),
  binBps: prefixed("B/s", 1024, binary),
  Bps: prefixed("B/s", 1000, decimal),
  binbps: prefixed("b/s", 1024, binary),
  bps: prefixed("b/s", 1000, decimal),
  pps: prefixed("p/s", 1000, decimal),
  hertz: prefixed("Hz", 1000, decimal),
  ops: perSecond("ops/s"),
  reqps: perSecond("req/s"),
  rps: perSecond("rd/s"),
  wps: perSecond("wr/s"),
  cps: perSecond("c/s"),
  iops: perSecond("io/s"),
  eps: perSecond("evt/s"),
  mps: perSecond("msg/s"),
};

/** The scale of times whose values are given in another unit than seconds. */
function inUnitsOf(size: number): Scale {
  return seconds.map(([factor, sign]) => [factor / size, sign] as const);
}

const words: Readonly<Record<string, readonly [no: string, yes: string]>> = {
  bool: ["False", "True"],
  bool_yes_no: ["No", "Yes"],
  bool_on_off: ["Off", "On"],
};

/** What is needed besides the value. */
export interface FormatOptions {
  /** Grafana's name of the unit; none is a plain number. */
  readonly unit?: string | null | undefined;
  /** Digits behind the point; as many as tell values apart by default. */
  readonly decimals?: number | null | undefined;
  /** Now, in seconds since 1970, for units that tell how long ago something was. */
  readonly now?: number;
}

/** A number with its unit, as Grafana writes it: `12.3 ms`, `1.5 GiB`, `99.9%`. */
export function formatValue(value: number, options: FormatOptions = {}): string {
  const { unit, decimals, now = 0 } = options;
  if (Number.isNaN(value)) return "NaN";
  const amount = (number: number): string => digits(number, decimals);
  if (unit === undefined || unit === null || unit === "" || unit === "none" || unit === "string") {
    return amount(value);
  }
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const word = words[unit];
  if (word !== undefined) return word[value === 0 ? 0 : 1];
  const scale = scales[unit];
  if (scale !== undefined) return scaled(value, scale, amount);
  switch (unit) {
    case "percent":
      return `${amount(value)}%`;
    case "percentunit":
      return `${amount(value * 100)}%`;
    case "locale":
      return value.toLocaleString("en-US");
    case "dtdurations":
      return duration(value);
    case "dtdurationms":
      return duration(value / 1000);
    case "clocks":
    case "dthms":
      return clock(value);
    case "dateTimeFromNow":
      return fromNow(value / 1000 - now);
    default:
      return otherUnit(value, unit, amount);
  }
}

function otherUnit(value: number, unit: string, amount: (number: number) => string): string {
  if (unit.startsWith("dateTime") || unit.startsWith("time:")) return dateTime(value);
  if (unit.startsWith("suffix:")) return amount(value) + unit.slice("suffix:".length);
  if (unit.startsWith("prefix:")) return unit.slice("prefix:".length) + amount(value);
  return `${amount(value)} ${unit}`;
}

function scaled(value: number, scale: Scale, amount: (number: number) => string): string {
  // Zero is so many of the base unit, which is the one with the factor 1, if there is one.
  const base = scale.find(([factor]) => factor === 1) ?? scale[0]!;
  const size = Math.abs(value);
  const [factor, sign] = size === 0
    ? base
    : scale.findLast(([factor]) => size >= factor * (1 - 1e-9)) ?? scale[0]!;
  const text = amount(value / factor);
  return sign === "" ? text : `${text} ${text === "1" ? sign.replace(/^(\w{3,})s$/, "$1") : sign}`;
}

/** As many digits as tell three of them, without trailing zeros. */
function digits(value: number, decimals: number | null | undefined): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (typeof decimals === "number") return value.toFixed(Math.min(Math.max(decimals, 0), 20));
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-9)) return value.toExponential(2);
  const places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
  const text = value.toFixed(places);
  return places === 0 ? text : text.replace(/\.?0+$/, "");
}

/** `2 days, 3 hours`: the two largest parts. */
function duration(total: number): string {
  const parts: readonly (readonly [number, string])[] = [
    ...[[31_557_600, "year"], [604_800, "week"], [86_400, "day"]] as const,
    ...[[3600, "hour"], [60, "minute"], [1, "second"]] as const,
  ];
  let left = Math.round(Math.abs(total));
  const named = parts.flatMap(([size, name]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count} ${name}${count === 1 ? "" : "s"}`];
  });
  return named.length === 0 ? "0 seconds" : (total < 0 ? "-" : "") + named.slice(0, 2).join(", ");
}

function clock(total: number): string {
  const whole = Math.floor(Math.abs(total));
  const two = (number: number): string => String(number).padStart(2, "0");
  const text = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${
    two(whole % 60)
  }`;
  return total < 0 ? `-${text}` : text;
}

function fromNow(secondsAhead: number): string {
  const text = duration(Math.abs(secondsAhead)).split(", ")[0]!;
  return secondsAhead < 0 ? `${text} ago` : `in ${text}`;
}

/** A time of ms since 1970. */
function dateTime(ms: number): string {
  return Number.isNaN(new Date(ms).getTime()) ? `${ms} ms` : formatTime(ms / 1000);
}
