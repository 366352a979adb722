import { readBoard } from "../board/board.ts";
import type { Series } from "../data/source.ts";
import type { PanelContext } from "./panel_context.ts";

/** For tests: what a panel of 600 by 300 px is drawn from, with a value every 10 s for 100 s. */
export function panelContext(panel: object, series: readonly Series[]): PanelContext {
  const gridPos = { x: 0, y: 0, w: 12, h: 8 };
  const json = {
    uid: "u",
    title: "One",
    panels: [{ gridPos, targets: [{ expr: "x" }], ...panel }],
  };
  const [read] = readBoard(json, "test").panels;
  return {
    panel: read!,
    data: {
      results: [{ target: read!.targets[0]!, expression: "x", series, omitted: 0 }],
      range: { start: 0, end: 100 },
      step: 10,
    },
    size: { width: 600, height: 300 },
    marks: [],
    now: 100,
    pageOf: () => undefined,
  };
}
