import { quote } from "../../../tunnel/printable.ts";
import { decodeBase64 } from "./base64.ts";
import type { PathRequest } from "./fact_request.ts";
import type { PathFact } from "./facts.ts";
import { Malformed, wholeNumber } from "./malformed.ts";

/** The numbers in a list like ` 1 4 7`. */
function readNumbers(line: string | undefined): number[] {
  if (line === undefined) throw new Malformed("is empty");
  return line.split(" ").filter((word) => word !== "").map(wholeNumber);
}

/** Lines that belong to numbers; as many as there are. */
function* numbered(
  numbers: readonly number[],
  lines: readonly string[],
): Generator<[number, string]> {
  const there = lines.filter((line) => line !== "");
  if (there.length !== numbers.length) {
    throw new Malformed(
      `has ${there.length} lines for ${numbers.length} paths (changed while they were looked at, ` +
        `or not readable with these privileges?)`,
    );
  }
  for (const [index, number] of numbers.entries()) yield [number, there[index]!];
}

/** Digests by the number of their path. */
export function readDigests([numbers, ...lines]: string[]): Map<number, string> {
  const digests = new Map<number, string>();
  for (const [number, line] of numbered(readNumbers(numbers), lines)) {
    // A backslash in front says that the name behind is escaped.
    const digest = /^\\?([0-9a-f]{64}) /.exec(line)?.[1];
    if (digest === undefined) throw new Malformed(`has no digest: ${quote(line)}`);
    digests.set(number, digest);
  }
  return digests;
}

/** Links' targets by the number of their path. */
export function readTargets([numbers, encoded = ""]: string[]): Map<number, string> {
  const text = new TextDecoder().decode(bytesOf(encoded));
  const targets = text.split("\0").slice(0, -1);
  const links = readNumbers(numbers);
  if (targets.length !== links.length) {
    throw new Malformed(`has ${targets.length} targets for ${links.length} links`);
  }
  return new Map(links.map((number, index) => [number, targets[index]!]));
}

/** Files' contents by the number of their path. */
export function readContents(lines: string[]): Map<number, Uint8Array> {
  return new Map(
    lines.filter((line) => line !== "").map((line) => {
      const space = line.indexOf(" ");
      return [wholeNumber(line.slice(0, space)), bytesOf(line.slice(space + 1))];
    }),
  );
}

function bytesOf(encoded: string): Uint8Array {
  const bytes = decodeBase64(encoded);
  if (bytes === undefined) throw new Malformed(`has no base64: ${quote(encoded)}`);
  return bytes;
}

const fileTypes: Readonly<Record<number, PathFact["type"]>> = {
  0o10: "file",
  0o04: "directory",
  0o12: "link",
};

/** What is at each path, completed by what the other parts say of it. */
export function readPaths(
  [numbers, ...lines]: string[],
  paths: readonly PathRequest[],
  more: {
    readonly digests: ReadonlyMap<number, string>;
    readonly targets: ReadonlyMap<number, string>;
    readonly contents: ReadonlyMap<number, Uint8Array>;
  },
): Map<string, PathFact> {
  const facts = new Map<string, PathFact>();
  for (const [number, line] of numbered(readNumbers(numbers), lines)) {
    const path = paths[number]?.path;
    if (path === undefined) throw new Malformed(`has the number ${number}, which no path has`);
    const match = /^([0-9a-f]{1,8}) (\d{1,15}) ([^:]*):([^:]*)$/.exec(line);
    if (match === null) throw new Malformed(`describes no file: ${quote(line)}`);
    const [, rawMode = "", bytes, owner = "", group = ""] = match;
    const mode = parseInt(rawMode, 16);
    const sha256 = more.digests.get(number);
    const target = more.targets.get(number);
    const contents = more.contents.get(number);
    facts.set(path, {
      type: fileTypes[mode >> 12] ?? "other",
      mode: mode & 0o7777,
      owner,
      group,
      bytes: Number(bytes),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(target === undefined ? {} : { target }),
      ...(contents === undefined ? {} : { contents }),
    });
  }
  return facts;
}
