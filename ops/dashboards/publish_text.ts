import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import type { PublishedDashboard, PublishResult } from "../grafana/publish.ts";
import { tableLines } from "../table.ts";
import { diffLines } from "../terminal/diff_lines.ts";
import { formatLine, type Line, type Paint, type Span } from "../terminal/span.ts";

/** How it is shown. */
export interface PublishFormat {
  readonly dryRun: boolean;
  /** Where Grafana is. */
  readonly url: string;
  readonly color: boolean;
}

type Result = PublishedDashboard["result"];

const marks: Readonly<Record<Result, readonly [string, Paint]>> = {
  created: ["+", green],
  updated: ["~", yellow],
  unchanged: ["=", dim],
  kept: ["!", red],
  failed: ["✗", red],
  not_reached: ["·", dim],
};

/** What was published, for people: each dashboard on a line, with what changed in it below. */
export function publishText(
  { grafana, folder, dashboards }: PublishResult,
  { dryRun, url, color }: PublishFormat,
): string {
  const rows = dashboards.map(({ uid, title, result, version }): readonly Span[] => {
    const [mark, paint] = marks[result];
    return [
      { text: `${mark} ${title}`, paint },
      { text: resultText(result, dryRun) },
      { text: version === null ? "" : `version ${version}`, paint: dim },
      { text: `${url}/d/${uid}`, paint: dim },
    ];
  });
  const made = folder.result === "unchanged" ? "" : ` (${resultText("created", dryRun)})`;
  const lines: Line[] = [
    [{ text: `Grafana${grafana === null ? "" : ` ${grafana}`} at ${url}`, paint: bold }],
    [{ text: `Folder ${folder.title}${made}` }],
    ...tableLines(rows).flatMap((line, at): Line[] => [line, ...detailLines(dashboards[at]!)]),
    [{
      text: "Alert rules are Prometheus' and are not pushed: dashboards/generated/prometheus/rules",
      paint: dim,
    }],
  ];
  return lines.map((line) => formatLine(line, { color })).join("\n");
}

function resultText(result: Result, dryRun: boolean): string {
  if (result === "not_reached") return "not reached";
  if (result === "kept") return dryRun ? "would be kept as it is" : "kept as it is";
  return dryRun && (result === "created" || result === "updated") ? `would be ${result}` : result;
}

function detailLines({ result, why, diff = "" }: PublishedDashboard): Line[] {
  const lines: Line[] = why === undefined ? [] : [[{ text: `    ${why}` }]];
  if (diff === "" || result === "failed") return lines;
  return [...lines, ...diffLines(diff).map((line): Line => [{ text: "    " }, ...line])];
}
