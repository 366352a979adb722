import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { compressHosts } from "./host_ranges.ts";
import { counted } from "./quantities.ts";
import { formatLine, type Line, type LineFormat } from "./span.ts";

/** What a command has come to on one host. */
export interface HostOutput {
  readonly host: string;
  /** Exit code; `undefined` when the host was not reached. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no exit code, or that output was left out. */
  readonly note?: string;
}

/** Hosts whose command did the same. */
export interface OutputGroup extends Omit<HostOutput, "host"> {
  /** In the order in which they were given. */
  readonly hosts: readonly string[];
}

/** Puts hosts with the same output, exit code and note together, the largest group first. */
export function foldOutputs(results: readonly HostOutput[]): OutputGroup[] {
  const groups: HostOutput[][] = [];
  // Texts may be large: they are looked up and compared as they are, and copied nowhere.
  const alike = new Map<string, HostOutput[][]>();
  for (const result of results) {
    const candidates = alike.get(result.stdout) ?? [];
    const group = candidates.find(([first]) => isSame(first!, result));
    if (group !== undefined) {
      group.push(result);
      continue;
    }
    const fresh = [result];
    groups.push(fresh);
    alike.set(result.stdout, [...candidates, fresh]);
  }
  return groups.map((members) => {
    const { host: _, ...output } = members[0]!;
    return { ...output, hosts: members.map(({ host }) => host) };
  }).sort((a, b) => b.hosts.length - a.hosts.length);
}

/** Whether two hosts with the same standard output did the same. */
function isSame(a: HostOutput, b: HostOutput): boolean {
  return a.code === b.code && a.note === b.note && a.stderr === b.stderr;
}

/** Groups as text for people, the outliers last, where they are seen. */
export function foldedText(groups: readonly OutputGroup[], format: LineFormat): string {
  return groups.flatMap((group, i) => [...(i === 0 ? [] : [[]]), ...groupLines(group)])
    .map((line) => formatLine(line, format)).join("\n");
}

function groupLines({ hosts, code, stdout, stderr, note }: OutputGroup): Line[] {
  const count = hosts.length === 1 ? "" : ` (${counted(hosts.length, "host")})`;
  const state = code === undefined ? "not reached" : `exit code ${code}`;
  return [
    [
      { text: compressHosts(hosts), paint: bold },
      { text: `${count}: `, paint: dim },
      { text: state, paint: code === 0 ? green : red },
    ],
    ...linesOf(stdout).map((text): Line => [{ text: "  | ", paint: dim }, { text }]),
    ...linesOf(stderr).map((text): Line => [{ text: "  ! ", paint: yellow }, { text }]),
    ...linesOf(note ?? "").map((text): Line => [{ text: `    ${text}`, paint: dim }]),
  ];
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  return text.replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.replaceAll("\t", "    "));
}
