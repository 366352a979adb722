import type { Board, Panel } from "./board.ts";

/** A panel in its section, in the 24 columns and the lines of Grafana's grid. */
export interface Placed {
  readonly panel: Panel;
  readonly x: number;
  /** From the section's first line. */
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A row of the dashboard with what stands below it; what stands above the first has no row. */
export interface Section {
  readonly row: Panel | undefined;
  /** Whether its panels are seen without a click. */
  readonly isOpen: boolean;
  readonly panels: readonly Placed[];
}

/** Columns of Grafana's grid. */
export const gridColumns = 24;
/** Height of a line of the grid, and the gap between its cells, in px. */
export const gridLinePx = 30;
export const gridGapPx = 8;

/** A dashboard's panels row by row, each where Grafana puts it. */
export function sectionsOf(board: Board): Section[] {
  const sections: { row: Panel | undefined; isOpen: boolean; panels: Placed[] }[] = [];
  let top = 0;
  for (const { panels: held, collapsed, ...panel } of board.panels) {
    if (panel.type === "row") {
      top = panel.gridPos.y + 1;
      // What a closed row holds counts from the row when it is opened.
      const first = held.reduce((least, { gridPos }) => Math.min(least, gridPos.y), Infinity);
      const panels = held.map((inner) => place(inner, first));
      sections.push({ row: panel, isOpen: !collapsed, panels });
      continue;
    }
    if (sections.length === 0) sections.push({ row: undefined, isOpen: true, panels: [] });
    sections.at(-1)!.panels.push(place(panel, top));
  }
  return sections;
}

function place(panel: Panel, top: number): Placed {
  const { x, y, w, h } = panel.gridPos;
  return { panel, x, y: y - top, w, h };
}

/** In px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size of so many cells of the grid, on a page whose grid is `gridPx` wide. */
export function sizeInPx({ w, h }: Pick<Placed, "w" | "h">, gridPx: number): Size {
  const column = (gridPx - (gridColumns - 1) * gridGapPx) / gridColumns;
  return {
    width: Math.round(w * column + (w - 1) * gridGapPx),
    height: h * gridLinePx + (h - 1) * gridGapPx,
  };
}
