import {
  FieldTextAlignment,
  TableCellDisplayMode,
  TableSortByFieldStateBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type {
  DynamicConfigValue,
  ThresholdsConfigBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { finishPanel, type PanelOptions, refId, type SizedPanel } from "./panel.ts";
import { type State, stateMapping } from "./states.ts";

/** A column of a table. */
export interface TableColumn {
  /** The label that it shows, or the index of the query whose value it shows. */
  readonly of: string | number;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  /** Colours the cell. */
  readonly steps?: ThresholdsConfigBuilder;
  /** Words and colours instead of numbers. */
  readonly states?: readonly State[];
  /** Where a click on a cell leads to, with Grafana's `${__value.raw}`, `${__data.fields.X}`. */
  readonly links?: readonly { readonly title: string; readonly url: string }[];
}

/** What a table has besides; a column says its unit. */
export interface TableOptions extends Omit<PanelOptions, "unit"> {
  /** All its columns, from the left; other labels are hidden. */
  readonly columns: readonly TableColumn[];
  /** Title of the column to sort by. */
  readonly sortBy: string;
  readonly isDescending?: boolean;
  /** Labels that the answer has and no column shows. */
  readonly hidden?: readonly string[];
  readonly noValue?: string;
}

/** The answers of all queries now, joined on the labels that they share; one row for each. */
export function tablePanel(options: TableOptions): SizedPanel {
  const { columns, hidden = [], queries } = options;
  const field = ({ of }: TableColumn): string =>
    typeof of === "string" ? of : queries.length === 1 ? "Value" : `Value #${refId(of)}`;
  const builder = new PanelBuilder()
    .sortBy([
      new TableSortByFieldStateBuilder()
        .displayName(options.sortBy)
        .desc(options.isDescending ?? false),
    ])
    .align(FieldTextAlignment.Auto)
    .filterable(true)
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: Object.fromEntries(["Time", ...hidden].map((name) => [name, true])),
        indexByName: Object.fromEntries(columns.map((column, index) => [field(column), index])),
        renameByName: Object.fromEntries(columns.map((column) => [field(column), column.title])),
      },
    });
  if (options.noValue !== undefined) builder.noValue(options.noValue);
  for (const column of columns) {
    const properties = columnProperties(column);
    if (properties.length > 0) builder.overrideByName(column.title, properties);
  }
  const sized = finishPanel(builder, { ...options, unit: "short" }, "table", {
    width: 12,
    height: 8,
  });
  // Grafana 12 has no footer among a table's options any more; the SDK still gives it one.
  delete sized.panel.options.footer;
  return sized;
}

function columnProperties(column: TableColumn): DynamicConfigValue[] {
  const { unit, decimals, steps, states, links } = column;
  const properties: DynamicConfigValue[] = [];
  if (unit !== undefined) properties.push({ id: "unit", value: unit });
  if (decimals !== undefined) properties.push({ id: "decimals", value: decimals });
  if (states !== undefined) properties.push({ id: "mappings", value: [stateMapping(states)] });
  if (steps !== undefined) properties.push({ id: "thresholds", value: steps.build() });
  if (steps !== undefined || states !== undefined) {
    properties.push({
      id: "custom.cellOptions",
      value: { type: TableCellDisplayMode.ColorText },
    });
  }
  if (links !== undefined) properties.push({ id: "links", value: [...links] });
  return properties;
}
