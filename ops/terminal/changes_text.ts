import { bold, dim, yellow } from "@std/fmt/colors";
import type { Change } from "../engine/run/event.ts";
import { diffLines } from "./diff_lines.ts";
import type { FleetProgress, HostProgress } from "./fleet_progress.ts";
import { compressHosts } from "./host_ranges.ts";
import { counted } from "./quantities.ts";
import { formatLine, type Line, type LineFormat } from "./span.ts";

/** How changes are shown. */
export interface ChangesFormat extends LineFormat {
  /** Show how files change too. */
  readonly diff: boolean;
}

/**
 * What would change (`--check`) or changes (`--diff`), for people. Hosts with the same changes are
 * told about once.
 */
export function changesText(progress: FleetProgress, format: ChangesFormat): string {
  const hosts = [...progress.hosts.values()].filter(({ planned }) => planned.length > 0);
  const groups = Map.groupBy(hosts, ({ planned }) => JSON.stringify(planned.map(comparable)));
  const lines = [...groups.values()].flatMap((members, i): Line[] => [
    ...(i === 0 ? [] : [[]]),
    ...groupLines(members, format.diff),
  ]);
  return lines.map((line) => formatLine(line, format)).join("\n");
}

/** What makes two changes of two hosts the same. */
function comparable({ resource, summary, diff }: Change): readonly (string | undefined)[] {
  return [resource, summary, diff];
}

function groupLines(members: readonly HostProgress[], withDiff: boolean): Line[] {
  const { planned } = members[0]!;
  const names = compressHosts(members.map(({ host }) => host));
  const count = members.length === 1 ? "" : ` (${counted(members.length, "host")})`;
  return [
    [{ text: names, paint: bold }, {
      text: `${count}: ${counted(planned.length, "change")}`,
      paint: dim,
    }],
    ...planned.flatMap(({ summary, diff }): Line[] => [
      [{ text: "  ~ ", paint: yellow }, { text: summary }],
      ...(withDiff && diff !== undefined
        ? diffLines(diff).map((line): Line => [{ text: "      " }, ...line])
        : []),
    ]),
  ];
}
