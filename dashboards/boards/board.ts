import {
  type AnnotationQuery,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { layOut, type Section } from "../panels/layout.ts";
import { plain } from "../panels/panel.ts";
import { boardTag, type BoardUid, linksFrom } from "./links.ts";

/** A dashboard before its panels have places and numbers. */
export interface Board {
  readonly uid: BoardUid;
  readonly title: string;
  readonly description: string;
  /** In the order in which the reader sees them. */
  readonly variables: readonly VariableModel[];
  readonly annotations: readonly AnnotationQuery[];
  readonly sections: readonly Section[];
  /** Start of the time range that it opens with, such as `now-6h`. */
  readonly from: string;
  /** How often it asks again, such as `30s`. */
  readonly refresh: string;
}

/** A dashboard as Grafana imports it. */
export function boardDashboard(board: Board): Dashboard {
  const dashboard = plain(
    new DashboardBuilder(board.title)
      .uid(board.uid)
      .description(board.description)
      .tags([boardTag])
      .time({ from: board.from, to: "now" })
      .refresh(board.refresh)
      .timezone("browser")
      .tooltip(DashboardCursorSync.Crosshair)
      .editable()
      .build(),
  );
  dashboard.templating = { list: plain([...board.variables]) };
  dashboard.annotations = { list: plain([...board.annotations]) };
  dashboard.links = linksFrom(board.uid);
  dashboard.panels = layOut(board.sections);
  return dashboard;
}
