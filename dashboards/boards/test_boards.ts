import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { boardDashboard } from "./board.ts";
import { boards } from "./board_files.ts";

/** A query as the generated JSON has it. */
export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly format: string;
  readonly legendFormat: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

/** All dashboards, freshly made. */
export const dashboards = (): Dashboard[] => boards().map(boardDashboard);

/** Every panel, those of closed rows included, without the rows. */
export const panelsOf = ({ panels = [] }: Dashboard): Panel[] =>
  panels.flatMap((panel) => isRow(panel) ? panel.panels : [panel]);

/** Whether it is the title of a part. */
export const isRow = (panel: Panel | RowPanel): panel is RowPanel => panel.type === "row";

/** A panel's queries. */
export const targetsOf = ({ targets = [] }: Panel): Target[] => targets as unknown as Target[];

/** A text of every place where a dashboard asks Prometheus, with where that is. */
export function expressionsOf(dashboard: Dashboard): { where: string; expression: string }[] {
  const panels = panelsOf(dashboard).flatMap((panel) =>
    targetsOf(panel).map(({ expr, refId }) => ({
      where: `${dashboard.uid}, panel "${panel.title}", query ${refId}`,
      expression: expr,
    }))
  );
  const annotations = (dashboard.annotations.list ?? []).flatMap(({ name, target }) => {
    const { expr } = (target ?? {}) as { expr?: string };
    return expr === undefined
      ? []
      : [{ where: `${dashboard.uid}, annotations "${name}"`, expression: expr }];
  });
  return [...panels, ...annotations];
}
