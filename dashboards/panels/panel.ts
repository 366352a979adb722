import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import type * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import type * as stateTimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as table from "@grafana/grafana-foundation-sdk/table";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

/** The data source that the reader has chosen in the dashboard's first variable. */
export const prometheus: DataSourceRef = { type: "prometheus", uid: "${datasource}" };

/** One query of a panel. */
export interface PanelQuery {
  readonly expression: string;
  /** Name of each series, with `{{label}}`; Grafana's own by default. */
  readonly legend?: string;
}

/** A panel that has no place yet; its size is in units of the 24-column grid. */
export interface SizedPanel {
  readonly panel: Panel;
  /** 1 to 24; a line that it is in is stretched to all 24. */
  readonly width: number;
  readonly height: number;
}

/** What every panel has. */
export interface PanelOptions {
  readonly title: string;
  /** What it shows, and what to do when it looks wrong; Markdown. */
  readonly description: string;
  /** One of Grafana's unit IDs. */
  readonly unit: string;
  readonly queries: readonly PanelQuery[];
  /** The kind's own by default. */
  readonly width?: number;
  /** The kind's own by default. */
  readonly height?: number;
}

/** The shape of an answer: lines over time, one moment as a table or as numbers, or buckets. */
export type QueryShape = "lines" | "table" | "moment" | "buckets";

type PanelBuilder =
  | heatmap.PanelBuilder
  | stateTimeline.PanelBuilder
  | stat.PanelBuilder
  | table.PanelBuilder
  | timeseries.PanelBuilder;

/**
 * Completes a panel. The SDK's builders give out their own object, which later calls change, and
 * its queries hold a function: what this returns is plain JSON of its own.
 */
export function finishPanel(
  builder: PanelBuilder,
  options: PanelOptions,
  shape: QueryShape,
  size: { readonly width: number; readonly height: number },
): SizedPanel {
  builder
    .title(options.title)
    .description(options.description)
    .unit(options.unit)
    .datasource({ ...prometheus });
  options.queries.forEach((query, index) => {
    builder.withTarget(queryBuilder(query, refId(index), shape));
  });
  const { width = size.width, height = size.height } = options;
  return { panel: plain(builder.build()), width, height };
}

function queryBuilder(
  { expression, legend }: PanelQuery,
  id: string,
  shape: QueryShape,
): DataqueryBuilder {
  const builder = new DataqueryBuilder().expr(expression).refId(id).datasource({ ...prometheus });
  builder.legendFormat(legend ?? "__auto");
  switch (shape) {
    case "lines":
      return builder.range().format(PromQueryFormat.TimeSeries);
    case "buckets":
      return builder.range().format(PromQueryFormat.Heatmap).legendFormat("{{le}}");
    case "moment":
      return builder.instant().format(PromQueryFormat.TimeSeries);
    case "table":
      return builder.instant().format(PromQueryFormat.Table);
  }
}

/** "A" for 0, "B" for 1, …, "AA" for 26. */
export function refId(index: number): string {
  const letter = String.fromCharCode("A".charCodeAt(0) + index % 26);
  return index < 26 ? letter : refId(Math.floor(index / 26) - 1) + letter;
}

/** A copy without functions, as JSON has it. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
