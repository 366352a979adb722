import { decodeBase64 } from "./base64.ts";
import { quote } from "../../../tunnel/printable.ts";
import { HostError } from "../errors.ts";
import { type FactRequest, requestFacts } from "./fact_request.ts";
import type {
  ExtraFact,
  Facts,
  FirewallFact,
  PathFact,
  SysctlFact,
  UnitFact,
  UserFact,
} from "./facts.ts";
import { factSections, type GatherOptions } from "./gather_script.ts";
import type { Play } from "./resource.ts";
import { splitSections } from "./split_sections.ts";
import { sysctlFile, sysctlKernelFile } from "./sysctl_file.ts";

/** What is wrong with a part of the output; becomes a {@linkcode HostError}. */
class Malformed extends Error {}

/**
 * Reads the output of `gatherScript`. Whatever a host prints gives facts or a `HostError`, never
 * anything else.
 *
 * @param host Name for messages.
 * @param output Standard output, with or without other scripts' before and after it.
 * @param options Those of the script.
 * @throws {HostError} when the output is not what the script prints, naming the part.
 */
export function parseFacts(
  play: Play,
  host: string,
  output: string,
  options: GatherOptions,
): Facts {
  const request = requestFacts(play);
  const names = factSections(request, options).map(({ name }) => name);
  const sections = splitSections(output, options.nonce, names);
  if (typeof sections === "string") throw malformed(host, sections);
  const read = <T>(name: string, empty: T, parse: (lines: string[]) => T): T => {
    const text = sections.get(name);
    if (text === undefined) return empty;
    try {
      return parse(text.split("\n"));
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw malformed(host, `its part "${name}" ${error.message}`);
    }
  };
  const digests = read("digests", new Map(), readDigests);
  const targets = read("targets", new Map(), readTargets);
  const contents = read("contents", new Map(), readContents);
  return {
    paths: read(
      "paths",
      new Map(),
      (lines) => readPaths(lines, request, { digests, targets, contents }),
    ),
    parents: read("parents", new Set(), (lines) => readFlags(lines, request.parents)),
    users: read("users", new Map(), readUsers),
    groups: read("groups", new Map(), readGroups),
    packages: read("packages", new Map(), readPackages),
    sysctls: read("sysctls", new Map(), (lines) => readSysctls(lines, request.sysctls)),
    units: read("units", new Map(), (lines) => readUnits(lines, request.units)),
    firewalls: read("firewalls", new Map(), (lines) => readFirewalls(lines, request)),
    conditions: read("conditions", new Map(), (lines) => readConditions(lines, request)),
    pendingHandlers: read("pending", new Set(), (lines) => readFlags(lines, request.handlers)),
    extras: new Map((options.extras ?? []).map(({ id }, index): [string, ExtraFact] => {
      const ended = `extra ${index} has ended`;
      const code = read(ended, 0, ([line = ""]) => wholeNumber(line));
      return [id, { code, stdout: sections.get(`extra ${index}`) ?? "" }];
    })),
  };
}

function malformed(host: string, what: string): HostError {
  return new HostError(
    host,
    `Cannot read the facts of host ${
      quote(host)
    } as its answer is not what was asked for: ${what}. ` +
      `Run again with -vv to see what the host prints`,
  );
}

/** The numbers in a list like ` 1 4 7`. */
function readNumbers(line: string | undefined): number[] {
  if (line === undefined) throw new Malformed("is empty");
  return line.split(" ").filter((word) => word !== "").map(wholeNumber);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new Malformed(`has no number where one must be: ${quote(text)}`);
  }
  return Number(text);
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

function readDigests([numbers, ...lines]: string[]): Map<number, string> {
  const digests = new Map<number, string>();
  for (const [number, line] of numbered(readNumbers(numbers), lines)) {
    // A backslash in front says that the name behind is escaped.
    const digest = /^\\?([0-9a-f]{64}) /.exec(line)?.[1];
    if (digest === undefined) throw new Malformed(`has no digest: ${quote(line)}`);
    digests.set(number, digest);
  }
  return digests;
}

function readTargets([numbers, encoded = ""]: string[]): Map<number, string> {
  const text = new TextDecoder().decode(bytesOf(encoded));
  const targets = text.split("\0").slice(0, -1);
  const links = readNumbers(numbers);
  if (targets.length !== links.length) {
    throw new Malformed(`has ${targets.length} targets for ${links.length} links`);
  }
  return new Map(links.map((number, index) => [number, targets[index]!]));
}

function readContents(lines: string[]): Map<number, Uint8Array> {
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

function readPaths(
  [numbers, ...lines]: string[],
  { paths }: FactRequest,
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

/** The names whose place in a text like `0110` has a 1. */
function readFlags([flags = ""]: string[], names: readonly string[]): Set<string> {
  if (flags.length !== names.length || !/^[01]*$/.test(flags)) {
    throw new Malformed(`has ${quote(flags)} instead of ${names.length} answers`);
  }
  return new Set(names.filter((_, index) => flags[index] === "1"));
}

function readUsers(lines: string[]): Map<string, UserFact> {
  const users = new Map<string, UserFact>();
  for (const line of lines.filter((line) => line !== "")) {
    const fields = line.split(":");
    if (fields.length !== 7) throw new Malformed(`describes no user: ${quote(line)}`);
    const [name, , uid, gid, , home, shell] = fields as [string, ...string[]];
    users.set(name, {
      uid: wholeNumber(uid!),
      gid: wholeNumber(gid!),
      home: home!,
      shell: shell!,
    });
  }
  return users;
}

function readGroups(lines: string[]): Map<string, number> {
  return new Map(
    lines.filter((line) => line !== "").map((line) => {
      const [name = "", , gid] = line.split(":");
      if (gid === undefined) throw new Malformed(`describes no group: ${quote(line)}`);
      return [name, wholeNumber(gid)];
    }),
  );
}

function readPackages(lines: string[]): Map<string, string> {
  const packages = new Map<string, string>();
  for (const line of lines.filter((line) => line !== "")) {
    const [name, state] = line.split(" ");
    if (name === undefined || state === undefined) {
      throw new Malformed(`describes no package: ${quote(line)}`);
    }
    // A package may be there for two architectures: one that is installed is enough.
    if (packages.get(name) !== "installed") packages.set(name, state);
  }
  return packages;
}

const accesses: Readonly<Record<string, SysctlFact["access"]>> = {
  w: "settable",
  r: "read_only",
  "-": "missing",
};

function readSysctls(
  [letters = "", ...lines]: string[],
  names: readonly string[],
): Map<string, SysctlFact> {
  const contents = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1)];
  }));
  return new Map(names.map((name, index) => {
    const access = accesses[letters[index] ?? ""];
    if (access === undefined) throw new Malformed(`has no access for ${quote(name)}`);
    const persisted = contents.get(sysctlFile(name))?.split("=")[1];
    return [name, {
      access,
      value: settingOf(contents.get(sysctlKernelFile(name))),
      persisted: settingOf(persisted),
    }];
  }));
}

/** A setting's number; `undefined` when it is none, or several. */
function settingOf(text = ""): number | undefined {
  return /^\s*-?\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}

function readUnits(lines: string[], names: readonly string[]): Map<string, UnitFact> {
  const blocks = lines.join("\n").split("\n\n").filter((block) => block.trim() !== "");
  if (blocks.length !== names.length) {
    throw new Malformed(
      `has ${blocks.length} units instead of ${names.length} (is systemd running there?)`,
    );
  }
  return new Map(names.map((name, index) => {
    const properties = new Map(
      blocks[index]!.split("\n").map((line) => {
        const equals = line.indexOf("=");
        return [line.slice(0, equals), line.slice(equals + 1)];
      }),
    );
    const property = (key: string): string => {
      const value = properties.get(key);
      if (value === undefined) throw new Malformed(`has no ${key} for ${quote(name)}`);
      return value;
    };
    return [name, {
      loadState: property("LoadState"),
      activeState: property("ActiveState"),
      fileState: property("UnitFileState"),
      needsReload: property("NeedDaemonReload") === "yes",
    }];
  }));
}

const managers: readonly string[] = ["nftables", "ufw", "firewalld", "unknown"];

function readFirewalls(lines: string[], { firewalls }: FactRequest): Map<string, FirewallFact> {
  const blocks = lines.join("\n").trim().split("\n\n");
  return new Map(firewalls.map(({ id }, index) => {
    const [first = "", ...chains] = blocks[index]?.split("\n") ?? [];
    const [manager = "", allowed] = first.split(" ");
    if (!managers.includes(manager)) throw new Malformed(`has no manager: ${quote(first)}`);
    return [id, {
      manager: manager as FirewallFact["manager"],
      allowed: allowed === "1",
      chains: chains.map((line) => {
        const [state, ...name] = line.split(" ");
        if (state !== "open" && state !== "closed") {
          throw new Malformed(`describes no chain: ${quote(line)}`);
        }
        return { name: name.join(" "), open: state === "open" };
      }),
    }];
  }));
}

function readConditions(lines: string[], { conditions }: FactRequest): Map<string, boolean> {
  return new Map(conditions.map(({ resource }, index) => [
    resource,
    wholeNumber(lines[index] ?? "") === 0,
  ]));
}
