/**
 * The types that Grafana publishes for what it loads, put together as closely as they are published:
 * `@grafana/schema` has the dashboard and, apart from it, each panel's options. Its enums are taken
 * by their values, which is what JSON has.
 */

import type {
  AnnotationQuery,
  Dashboard,
  DataQuery,
  FieldConfig,
  FieldConfigSource,
  Panel,
  RowPanel,
} from "@grafana/schema";
import type * as heatmap from "npm:@grafana/schema@12.3.3/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.d.ts";
import type * as stat from "npm:@grafana/schema@12.3.3/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts";
import type * as stateTimeline from "npm:@grafana/schema@12.3.3/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts";
import type * as table from "npm:@grafana/schema@12.3.3/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts";
import type * as timeSeries from "npm:@grafana/schema@12.3.3/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts";

/** A type without its enums, and without functions: as JSON has it. */
type Plain<T> = 0 extends 1 & T ? unknown
  : T extends string ? `${T}`
  : T extends readonly (infer E)[] ? Plain<E>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;

/** What Prometheus' data source adds to a query; its types are in a package that needs a browser. */
interface PrometheusQuery extends Plain<DataQuery> {
  readonly expr: string;
  readonly format: "time_series" | "table" | "heatmap";
  readonly legendFormat: string;
  readonly range?: boolean;
  readonly instant?: boolean;
}

type PanelOf<Type extends string, Options, Custom> =
  & Plain<Omit<Panel, "type" | "options" | "fieldConfig" | "targets">>
  & {
    readonly type: Type;
    readonly id: number;
    readonly title: string;
    readonly options: Plain<Options>;
    readonly targets: PrometheusQuery[];
    readonly fieldConfig: Plain<Omit<FieldConfigSource, "defaults">> & {
      readonly defaults: Plain<Omit<FieldConfig, "custom">> & { readonly custom?: Plain<Custom> };
    };
  };

/** A state timeline's fields have what a time series' have, and no type of their own there. */
type AnyPanel =
  | PanelOf<"heatmap", heatmap.Options, heatmap.FieldConfig>
  | PanelOf<"stat", stat.Options, Record<string, never>>
  | PanelOf<"state-timeline", stateTimeline.Options, stateTimeline.FieldConfig>
  | PanelOf<"table", table.Options, Partial<table.FieldConfig>>
  | PanelOf<"timeseries", timeSeries.Options, timeSeries.FieldConfig>;

/** What Prometheus' data source keeps beside an annotation's query. */
interface EventFormat {
  readonly titleFormat?: string;
  readonly textFormat?: string;
  readonly tagKeys?: string;
}

/** Grafana's own store takes tags, Prometheus a query. */
interface AnnotationTarget {
  readonly expr?: string;
  readonly interval?: string;
  readonly refId?: string;
  readonly limit?: number;
  readonly matchAny?: boolean;
  readonly tags?: string[];
  readonly type?: "tags";
}

/** A dashboard of ours as Grafana's types have it. */
export type GrafanaDashboard =
  & Plain<Omit<Dashboard, "panels" | "annotations">>
  & {
    readonly panels: (
      | AnyPanel
      | (Plain<Omit<RowPanel, "panels">> & { readonly panels: AnyPanel[] })
    )[];
    readonly annotations: {
      readonly list: (Plain<Omit<AnnotationQuery, "target">> & EventFormat & {
        readonly target?: AnnotationTarget;
      })[];
    };
  };
