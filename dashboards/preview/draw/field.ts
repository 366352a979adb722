import { type FieldConfig, type Panel, withProperty } from "../board/board.ts";
import type { PanelData, TargetResult } from "../data/panel_data.ts";
import { fillLabels, type Point, type Series } from "../data/source.ts";
import { fieldColor, patternOf } from "./display.ts";

/** A series as a panel shows it. */
export interface Field {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
  readonly config: FieldConfig;
  /** CSS colour. */
  readonly color: string;
}

/** All series of a panel, named, and each with its configuration. */
export function fieldsOf(panel: Panel, { results }: PanelData): Field[] {
  let index = 0;
  return results.flatMap((result) =>
    result.series.map((series): Field => {
      const ownName = seriesName(series, result);
      const config = configOf(panel, ownName, result.target.refId);
      const last = series.points.at(-1)?.[1];
      return {
        name: config.displayName ? withLabels(config.displayName, series, ownName) : ownName,
        labels: series.labels,
        points: series.points,
        config,
        color: fieldColor(config, index++, last),
      };
    })
  );
}

/** The panel's defaults with the overrides that match a field. */
export function configOf(panel: Panel, name: string, refId?: string): FieldConfig {
  const { defaults, overrides } = panel.fieldConfig;
  return overrides
    .filter(({ matcher }) => matches(matcher, name, refId))
    .flatMap(({ properties }) => properties)
    .reduce((config, { id, value }) => withProperty(config, id, value), defaults);
}

function matches(
  { id, options }: { readonly id: string; readonly options?: unknown },
  name: string,
  refId: string | undefined,
): boolean {
  if (id === "byName") return options === name;
  if (id === "byRegexp") return patternOf(String(options))?.test(name) ?? false;
  if (id === "byFrameRefID") return options === refId;
  return false;
}

/** What the legend's format says, or the labels that there are. */
function seriesName({ labels }: Series, { target, expression }: TargetResult): string {
  const { legendFormat } = target;
  if (legendFormat !== "" && legendFormat !== "__auto") {
    return fillLabels(legendFormat, labels);
  }
  const { __name__: metric = "", ...others } = labels;
  const values = Object.values(others);
  if (values.length === 1 && metric === "") return values[0]!;
  const pairs = Object.entries(others).map(([label, value]) => `${label}="${value}"`);
  if (pairs.length === 0) return metric || expression;
  return `${metric}{${pairs.join(", ")}}`;
}

function withLabels(format: string, { labels }: Series, name: string): string {
  return format
    .replaceAll("${__series.name}", name)
    .replace(/\$\{__field\.labels\.(\w+)\}/g, (_, label: string) => labels[label] ?? "");
}
