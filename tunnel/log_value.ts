import { truncate } from "./printable.ts";

/** What is left of a value when it is ready to be written: plain JSON data of bounded size. */
export type LogValue =
  | string
  | number
  | boolean
  | null
  | readonly LogValue[]
  | { readonly [name: string]: LogValue };

/** Most fields of a line, and most members or items of one value. */
export const maxFields = 32;
/** Longest text that one field may bring, over all its members, in characters. */
const maxTextLength = 1024;
/** How deep values are followed. Errors with causes need three. */
const maxDepth = 4;

/** Text that may still be written for one field. */
interface Budget {
  left: number;
}

/**
 * Reads any value, once, into data that can be written on one line.
 *
 * @returns `undefined` for `undefined`.
 * @throws what a hostile getter or proxy throws.
 */
export function logValue(value: unknown): LogValue | undefined {
  return value === undefined ? undefined : read(value, 0, { left: maxTextLength });
}

function read(value: unknown, depth: number, budget: Budget): LogValue {
  switch (typeof value) {
    case "string":
      return spend(value, budget);
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
    case "symbol":
      return spend(String(value), budget);
    case "undefined":
      return "undefined";
    case "function":
      return "[function]";
    case "object":
      return value === null ? null : readObject(value, depth, budget);
  }
}

function spend(text: string, budget: Budget): string {
  const cut = truncate(text, Math.max(budget.left, 1));
  budget.left -= Math.min(text.length, cut.length);
  return cut;
}

function readObject(value: object, depth: number, budget: Budget): LogValue {
  if (depth >= maxDepth || budget.left <= 0) return "…";
  if (value instanceof Error) return readError(value, depth, budget);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  }
  if (value instanceof Uint8Array) {
    return spend(value.subarray(0, maxTextLength / 2 + 1).toHex(), budget);
  }
  if (value instanceof Map || value instanceof Set) {
    return readItems([...take(value)], value.size, depth, budget);
  }
  if (Array.isArray(value)) {
    return readItems(value.slice(0, maxFields), value.length, depth, budget);
  }
  return readMembers(value, depth, budget);
}

function* take(values: Iterable<unknown>): Iterable<unknown> {
  let count = 0;
  for (const value of values) {
    if (count++ >= maxFields) return;
    yield value;
  }
}

function readItems(
  items: readonly unknown[],
  length: number,
  depth: number,
  budget: Budget,
): LogValue {
  const values = items.map((item) => read(item, depth + 1, budget));
  return length > items.length ? [...values, `…(${length - items.length} more)`] : values;
}

function readMembers(value: object, depth: number, budget: Budget): LogValue {
  const names = Object.keys(value);
  const members: [string, LogValue][] = [];
  for (const name of names.slice(0, maxFields)) {
    const member: unknown = Reflect.get(value, name);
    if (member === undefined) continue;
    members.push([spend(name, budget), read(member, depth + 1, budget)]);
  }
  if (names.length > maxFields) members.push(["…", `${names.length - maxFields} more`]);
  return Object.fromEntries(members);
}

function readError(error: Error, depth: number, budget: Budget): LogValue {
  const code: unknown = Reflect.get(error, "code");
  return Object.fromEntries<LogValue>([
    ["name", spend(String(error.name), budget)],
    ...(code === undefined ? [] : [["code", read(code, depth + 1, budget)] as const]),
    ["message", spend(String(error.message), budget)],
    ...(error.cause === undefined
      ? []
      : [["cause", read(error.cause, depth + 1, budget)] as const]),
  ]);
}
