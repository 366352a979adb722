import { parseHostAddress } from "../format/host_address.ts";

/** One part of a pattern. */
export interface PatternPart {
  /** As it was written, for messages. */
  readonly text: string;
  /** Adds hosts, keeps only hosts that match (`&`), or takes hosts away (`!`). */
  readonly role: "add" | "keep" | "remove";
  /** A name, a glob, or a regular expression behind `~`. */
  readonly expression: string;
  /** Which of the matching hosts: one by its place, or a range of them, both ends included. */
  readonly subscript:
    | { readonly index: number }
    | { readonly start: number; readonly end: number }
    | undefined;
}

/**
 * Takes a pattern of hosts apart as Ansible does. Its parts are separated by commas, or by colons
 * where that leaves IPv6 addresses and ranges whole: `relays:!canary`, `web[0:2],&prod`. They are
 * given in the order in which they are applied: what adds, what keeps, what removes.
 */
export function parseHostPattern(pattern: string): PatternPart[] {
  return orderParts(splitPattern(pattern).map(parsePart));
}

/** The parts in the order in which they are applied. */
export function orderParts(parts: readonly PatternPart[]): PatternPart[] {
  const adding = parts.filter(({ role }) => role === "add");
  // Only "!canary" means all but the canaries.
  if (adding.length === 0 && parts.length > 0) adding.push(parsePart("all"));
  return [
    ...adding,
    ...parts.filter(({ role }) => role === "keep"),
    ...parts.filter(({ role }) => role === "remove"),
  ];
}

/** The parts of a pattern as they are written; `@file` stays one. */
export function splitPattern(pattern: string): string[] {
  let parts: readonly string[];
  if (pattern.includes(",")) parts = pattern.split(",");
  else if (parseHostAddress(pattern) !== undefined) parts = [pattern];
  else parts = pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

// Ansible still takes its old [0-2] for [0:2].
const subscripted = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/s;

/** Reads a part that {@linkcode splitPattern} has given. */
export function parsePart(text: string): PatternPart {
  const role = text.startsWith("!") ? "remove" : text.startsWith("&") ? "keep" : "add";
  const expression = role === "add" ? text : text.slice(1);
  if (expression.startsWith("~")) return { text, role, expression, subscript: undefined };
  const [, name, index, start, end] = subscripted.exec(expression) ?? [];
  if (name === undefined) return { text, role, expression, subscript: undefined };
  if (index !== undefined) {
    return { text, role, expression: name, subscript: { index: Number(index) } };
  }
  const last = end === undefined || end === "" ? Infinity : Number(end);
  return { text, role, expression: name, subscript: { start: Number(start), end: last } };
}
