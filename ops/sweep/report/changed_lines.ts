import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { formatLocalTime } from "../../terminal/local_time.ts";
import { counted } from "../../terminal/quantities.ts";
import type { Line, Paint } from "../../terminal/span.ts";
import type { ChangeKind, FindingChange } from "../history/known_state.ts";
import { statusOf } from "../sweep_result.ts";
import { statusPaints } from "./finding_table.ts";
import {
  countSweep,
  heardChanges,
  nameOf,
  problemCounts,
  type ReportedSweep,
} from "./reported_sweep.ts";

/** A sweep after others, in lines that are put below theirs: how it is, and what has changed. */
export function changedLines(reported: ReportedSweep): Line[] {
  const { result } = reported;
  const counts = countSweep(result);
  const status = statusOf(result);
  const paint = statusPaints[status];
  const healthy = `${counts.healthy.length} of ${counted(counts.hosts, "host")} all right`;
  const verdict = [...problemCounts(counts), healthy].join(", ");
  return [
    [
      { text: `${formatLocalTime(result.startedMs)}  `, paint: dim },
      { text: `${result.fleet}: `, paint: bold },
      { text: verdict, paint },
    ],
    ...heardChanges(reported).flatMap(changeLines),
  ];
}

const marks: Readonly<Record<ChangeKind, readonly [mark: string, paint: Paint]>> = {
  new: ["✗", red],
  worse: ["✗", red],
  better: ["!", yellow],
  solved: ["✓", green],
  gone: ["·", dim],
};

function changeLines({ kind, finding }: FindingChange): Line[] {
  const [mark, paint] = marks[kind];
  const status = kind === "new" ? `new ${finding.status}` : kind;
  const isOver = kind === "solved" || kind === "gone";
  return [
    [
      { text: `  ${mark} ${status}: `, paint },
      { text: nameOf(finding), paint: bold },
      ...isOver ? [] : [{ text: `  ${finding.value}` }],
    ],
    ...isOver || finding.remedy === ""
      ? []
      : [[{ text: "      → ", paint: dim }, { text: finding.remedy }]],
  ];
}
