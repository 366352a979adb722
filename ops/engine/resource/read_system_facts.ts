import { quote } from "../../../tunnel/printable.ts";
import type { FactRequest } from "./fact_request.ts";
import type { FirewallFact, SysctlFact, UnitFact, UserFact } from "./facts.ts";
import { Malformed, wholeNumber } from "./malformed.ts";
import { sysctlFile, sysctlKernelFile } from "./sysctl_file.ts";

/** Lines of `getent passwd`. */
export function readUsers(lines: string[]): Map<string, UserFact> {
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

/** Lines of `getent group`. */
export function readGroups(lines: string[]): Map<string, number> {
  return new Map(
    lines.filter((line) => line !== "").map((line) => {
      const [name = "", , gid] = line.split(":");
      if (gid === undefined) throw new Malformed(`describes no group: ${quote(line)}`);
      return [name, wholeNumber(gid)];
    }),
  );
}

/** Lines of `dpkg-query`: name and state. */
export function readPackages(lines: string[]): Map<string, string> {
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

/** A line with a letter for each setting, then lines of its files. */
export function readSysctls(
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

/** Blocks of `systemctl show`, one for each unit. */
export function readUnits(lines: string[], names: readonly string[]): Map<string, UnitFact> {
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

/** Blocks of `firewallFactScript`, one for each port. */
export function readFirewalls(
  lines: string[],
  firewalls: FactRequest["firewalls"],
): Map<string, FirewallFact> {
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

/** Exit codes of conditions, a line each. */
export function readConditions(
  lines: string[],
  conditions: FactRequest["conditions"],
): Map<string, boolean> {
  return new Map(conditions.map(({ resource }, index) => [
    resource,
    wholeNumber(lines[index] ?? "") === 0,
  ]));
}

/** The names whose place in a text like `0110` has a 1. */
export function readFlags([flags = ""]: string[], names: readonly string[]): Set<string> {
  if (flags.length !== names.length || !/^[01]*$/.test(flags)) {
    throw new Malformed(`has ${quote(flags)} instead of ${names.length} answers`);
  }
  return new Set(names.filter((_, index) => flags[index] === "1"));
}
