import type { Panel } from "../board/board.ts";
import type { Size } from "../board/placement.ts";
import type { PanelData } from "../data/panel_data.ts";
import type { Html } from "../page/html.ts";
import type { Mark } from "./chart.ts";

/** What the body of a panel is drawn from. */
export interface PanelContext {
  readonly panel: Panel;
  readonly data: PanelData;
  /** Of the panel's body. */
  readonly size: Size;
  readonly marks: readonly Mark[];
  /** Seconds since 1970. */
  readonly now: number;
  /** The page that a link of Grafana's leads to here; `undefined` for one outside. */
  readonly pageOf: (url: string) => string | undefined;
}

/** Draws the body of a panel of one type; `undefined` when there is nothing to draw. */
export type DrawBody = (context: PanelContext) => Html | undefined;
