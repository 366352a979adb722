import { escapeControls, truncate } from "../../../tunnel/printable.ts";
import { compressHosts } from "../../terminal/host_ranges.ts";
import { counted } from "../../terminal/quantities.ts";
import { remedyOf } from "../report/fold_findings.ts";
import { foldTexts, patternOf } from "../report/fold_texts.ts";
import type { NotifiedChange } from "./change.ts";

/** Groups in a text, lines of a group, and the longest list of hosts, in UTF-16 units. */
const maxGroups = 40;
const maxLines = 10;
const maxHostsLength = 400;
const maxSubjectLength = 100;

/** What a change is called, in the order in which they are told. */
const kindNames: Readonly<Record<NotifiedChange["kind"], string>> = {
  worse: "WORSE",
  new: "NEW",
  flapping: "FLAPPING",
  better: "BETTER",
  solved: "SOLVED",
  gone: "NO LONGER LOOKED AT",
};
const kindOrder = Object.keys(kindNames) as NotifiedChange["kind"][];

/** Changes as a text for people: equal ones of several hosts together, the worst first. */
export function changesText(
  { fleet, changes, dropped, sender }: {
    readonly fleet: string;
    readonly changes: readonly NotifiedChange[];
    /** Changes before these that were too many to keep. */
    readonly dropped: number;
    /** Name of this machine. */
    readonly sender: string;
  },
): string {
  const groups = groupChanges(changes);
  const more = groups.slice(maxGroups).flat();
  return [
    `Fleet ${fleet}: ${counted(changes.length, "change")}${whenText(changes)}`,
    ...groups.slice(0, maxGroups).map(groupText),
    ...more.length === 0 ? [] : [`And ${counted(more.length, "more change")}.`],
    ...dropped === 0
      ? []
      : [`${counted(dropped, "older change")} could not be delivered and are lost.`],
    `How it is now: deno task sweep -i INVENTORY\n-- \ndeno task sweep on ${sender}`,
  ].join("\n\n");
}

/** When the changes were noticed: more than one time where some could not be delivered before. */
function whenText(changes: readonly NotifiedChange[]): string {
  const times = [...new Set(changes.map(({ atMs }) => timeText(atMs)))];
  const [first, last] = [times[0], times.at(-1)];
  return first === last ? ` at ${first}` : ` from ${first} to ${last}`;
}

/** One line that says what matters most. */
export function changesSubject(fleet: string, changes: readonly NotifiedChange[]): string {
  const [worst = []] = groupChanges(changes);
  const [first] = worst;
  if (first === undefined) return `[${fleet}] nothing has changed`;
  const place = first.host === null
    ? ""
    : ` on ${worst.length > 1 ? counted(worst.length, "host") : first.host}`;
  const rest = changes.length - worst.length;
  const others = rest === 0 ? "" : ` (+${rest} more)`;
  const head = `[${fleet}] ${headOf(first)}${place}`;
  return `${truncate(escapeControls(head), maxSubjectLength)}${others}`;
}

/** Changes of the same kind about the same thing of several hosts, the worst first. */
function groupChanges(changes: readonly NotifiedChange[]): NotifiedChange[][] {
  const groups = Map.groupBy(
    changes,
    ({ kind, host, check, subject, to }) =>
      JSON.stringify([kind, host === null, check, subject, to]),
  );
  const rank = ([first]: readonly NotifiedChange[]): number =>
    (first!.to === "critical" ? 0 : 100) + kindOrder.indexOf(first!.kind);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b));
}

function headOf({ kind, check, subject, to }: NotifiedChange): string {
  const status = to === "critical" || to === "warning" ? ` ${to}` : "";
  return `${kindNames[kind]}${status}: ${check}${subject === "" ? "" : ` ${subject}`}`;
}

function groupText(group: readonly NotifiedChange[]): string {
  const [{ kind, host }] = group as [NotifiedChange];
  const lines = host === null
    ? group.map(({ value }) => `  whole fleet: ${value}`)
    : valueLines(group);
  const shown = lines.slice(0, maxLines);
  if (lines.length > maxLines) shown.push(`  and ${lines.length - maxLines} more`);
  const remedy = kind === "solved" || kind === "gone" ? "" : remedyOf(group);
  if (remedy !== "") shown.push(`  What to do: ${remedy}`);
  return [headOf(group[0]!), ...shown].map(escapeControls).join("\n");
}

/** What was found of which hosts: those that differ in a number only have one line. */
function valueLines(group: readonly NotifiedChange[]): string[] {
  const alike = Map.groupBy(group, ({ value }) => patternOf(value));
  const folds = [...alike.values()].flatMap((members) => {
    const value = foldTexts(members.map((member) => member.value));
    if (value !== undefined) return [{ members, value }];
    return [...Map.groupBy(members, (member) => member.value)]
      .map(([same, equal]) => ({ members: equal, value: same }));
  });
  return folds.map(({ members, value }) => {
    const hosts = compressHosts(members.flatMap(({ host }) => host ?? []));
    return `  ${truncate(hosts, maxHostsLength)}: ${value}`;
  });
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
