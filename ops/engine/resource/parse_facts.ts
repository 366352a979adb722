import { quote } from "../../../tunnel/printable.ts";
import { HostError } from "../errors.ts";
import { requestFacts } from "./fact_request.ts";
import type { ExtraFact, Facts } from "./facts.ts";
import { factSections, type GatherOptions } from "./gather_script.ts";
import { Malformed, wholeNumber } from "./malformed.ts";
import { readContents, readDigests, readPaths, readTargets } from "./read_path_facts.ts";
import {
  readConditions,
  readFirewalls,
  readFlags,
  readGroups,
  readPackages,
  readSysctls,
  readUnits,
  readUsers,
} from "./read_system_facts.ts";
import type { Play } from "./resource.ts";
import { splitSections } from "./split_sections.ts";

/**
 * Reads the output of `gatherScript`. Whatever a host prints gives facts or a `HostError`, never
 * anything else.
 *
 * @param host Name for messages.
 * @param output Standard output, with or without other scripts' before and after it.
 * @param options Those of the script.
 * @param onMalformed Gets what is wrong with a part, which is then taken for empty. Without it that
 *   is an error.
 * @throws {HostError} when the output is not what the script prints, naming the part.
 */
export function parseFacts(
  play: Play,
  host: string,
  output: string,
  options: GatherOptions,
  onMalformed: (what: string) => void = (what) => {
    throw malformed(host, what);
  },
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
      onMalformed(`its part "${name}" ${error.message}`);
      return empty;
    }
  };
  const more = {
    digests: read("digests", new Map(), readDigests),
    targets: read("targets", new Map(), readTargets),
    contents: read("contents", new Map(), readContents),
  };
  return {
    paths: read("paths", new Map(), (lines) => readPaths(lines, request.paths, more)),
    parents: read("parents", new Set(), (lines) => readFlags(lines, request.parents)),
    users: read("users", new Map(), readUsers),
    groups: read("groups", new Map(), readGroups),
    packages: read("packages", new Map(), readPackages),
    sysctls: read("sysctls", new Map(), (lines) => readSysctls(lines, request.sysctls)),
    units: read("units", new Map(), (lines) => readUnits(lines, request.units)),
    firewalls: read("firewalls", new Map(), (lines) => readFirewalls(lines, request.firewalls)),
    conditions: read("conditions", new Map(), (lines) => readConditions(lines, request.conditions)),
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
    `Cannot read the facts of host ${quote(host)} as its answer is not what was asked for: ` +
      `${what}. Run again with -vv to see what the host prints`,
  );
}
