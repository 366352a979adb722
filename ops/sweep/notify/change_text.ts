import { escapeControls, truncate } from "../../../tunnel/printable.ts";
import { counted } from "../../terminal/quantities.ts";
import type { NotifiedChange } from "./change.ts";

/** Groups in a text, and hosts of a group that are told one by one. */
const maxGroups = 40;
const maxHosts = 10;
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
    `Fleet ${fleet}: ${counted(changes.length, "change")}`,
    ...groups.slice(0, maxGroups).map(groupText),
    ...more.length === 0 ? [] : [`And ${counted(more.length, "more change")}.`],
    ...dropped === 0
      ? []
      : [`${counted(dropped, "older change")} could not be delivered and are lost.`],
    `How it is now: deno task sweep -i INVENTORY\n-- \ndeno task sweep on ${sender}`,
  ].join("\n\n");
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
    ({ kind, check, subject, to }) => JSON.stringify([kind, check, subject, to]),
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
  const [first] = group;
  const lines = group.slice(0, maxHosts).map(({ host, value, atMs }) =>
    `  ${host ?? "whole fleet"}: ${value} (${timeText(atMs)})`
  );
  if (group.length > maxHosts) lines.push(`  and ${group.length - maxHosts} more`);
  const isOver = first!.kind === "solved" || first!.kind === "gone";
  if (!isOver && first!.remedy !== "") lines.push(`  What to do: ${first!.remedy}`);
  return [headOf(first!), ...lines].map(escapeControls).join("\n");
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
