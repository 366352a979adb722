import { maxHosts } from "../limits.ts";

/** Names that a pattern stands for, or by which rule it is wrong. */
export type ExpandedRange = { readonly names: readonly string[] } | { readonly rule: string };

/** One `[…]` of a pattern: a sequence of texts. */
interface Sequence {
  readonly length: number;
  at(index: number): string;
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const syntax = "it must be [BEGIN:END] or [BEGIN:END:STEP] with two numbers or two letters";

/**
 * The host names of `relay[01:20]`, `db-[a:f]`, `rack[1:9:2]-node[1:4]`: the last range runs
 * fastest. Zeros in front of a number are kept. At most {@linkcode maxHosts} names.
 */
export function expandHostRange(pattern: string): ExpandedRange {
  const parts: (string | Sequence)[] = [];
  let rest = pattern;
  let count = 1;
  while (true) {
    const start = rest.indexOf("[");
    const end = rest.indexOf("]", start);
    if (start === -1) break;
    if (end === -1) return { rule: `"]" must close the range` };
    const sequence = readRange(rest.slice(start + 1, end));
    if (typeof sequence === "string") return { rule: sequence };
    count *= sequence.length;
    if (count > maxHosts) return { rule: `a range may stand for at most ${maxHosts} hosts` };
    parts.push(rest.slice(0, start), sequence);
    rest = rest.slice(end + 1);
  }
  let names = [""];
  for (const part of [...parts, rest]) {
    if (typeof part === "string") names = names.map((name) => name + part);
    else {
      names = names.flatMap((name) =>
        Array.from({ length: part.length }, (_, i) => name + part.at(i))
      );
    }
  }
  return { names };
}

/** A sequence, or the rule that the text breaks. */
function readRange(text: string): Sequence | string {
  const [, begin, end, stepText = "1"] = /^([^:]*):([^:]+)(?::([0-9]+))?$/.exec(text) ?? [];
  if (begin === undefined || end === undefined) return syntax;
  const step = Number(stepText);
  if (step === 0) return "the step of a range must be 1 or more";
  if (/^[0-9]*$/.test(begin) && /^[0-9]+$/.test(end)) return numbers(begin || "0", end, step);
  if (begin.length === 1 && end.length === 1) {
    const first = letters.indexOf(begin);
    const last = letters.indexOf(end);
    if (first !== -1 && last !== -1) {
      return sequence(first, last, step, (value) => letters[value] ?? "");
    }
  }
  return syntax;
}

function numbers(begin: string, end: string, step: number): Sequence | string {
  const width = begin.length > 1 && begin.startsWith("0") ? begin.length : 0;
  if (width > 0 && end.length !== width) {
    return "both ends of a range with zeros in front must have equally many digits";
  }
  return sequence(Number(begin), Number(end), step, (value) => String(value).padStart(width, "0"));
}

function sequence(
  first: number,
  last: number,
  step: number,
  show: (value: number) => string,
): Sequence | string {
  if (first > last) return "the begin of a range must not be after its end";
  if (!Number.isSafeInteger(last)) return `a range may stand for at most ${maxHosts} hosts`;
  return {
    length: Math.floor((last - first) / step) + 1,
    at: (index) => show(first + index * step),
  };
}
