import type { GridPos, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { plain, type SizedPanel } from "./panel.ts";

/** Columns of Grafana's grid. */
export const gridColumns = 24;

/** A part of a dashboard. */
export interface Section {
  /** Title of its row; a section without one has no row and stands first. */
  readonly title?: string;
  /** Closed until the reader opens it; Grafana asks nothing for it until then. */
  readonly isCollapsed?: boolean;
  readonly panels: readonly SizedPanel[];
}

/**
 * Places all panels on the grid and numbers them from 1, rows included. Panels stand in their order
 * from the left. A line holds panels of one width, or such as fill it exactly; it is stretched to
 * the whole width and is as high as its highest panel. Panels of one width are shared out evenly
 * among their lines, so that none is left alone on the last one.
 *
 * @throws TypeError when a panel is wider than the grid or has no size.
 */
export function layOut(sections: readonly Section[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let y = 0;
  let lastId = 0;
  for (const { title, isCollapsed = false, panels } of sections) {
    let row: RowPanel | undefined;
    if (title !== undefined) {
      // Not RowBuilder.withPanel, which collapses the row, nor its IDs, which are all 0.
      row = plain(new RowBuilder(title).build());
      row.id = ++lastId;
      row.collapsed = isCollapsed;
      row.panels = [];
      row.gridPos = { x: 0, y, w: gridColumns, h: 1 };
      placed.push(row);
      y += 1;
    }
    const { positions, height } = flow(panels, y);
    const owner = row !== undefined && isCollapsed ? row.panels : placed;
    panels.forEach(({ panel }, index) => {
      // A copy: a panel given twice must not share its place and number.
      owner.push({ ...plain(panel), id: ++lastId, gridPos: positions[index]! });
    });
    if (row === undefined || !isCollapsed) y += height;
  }
  return placed;
}

function flow(
  panels: readonly SizedPanel[],
  top: number,
): { readonly positions: GridPos[]; readonly height: number } {
  const positions: GridPos[] = [];
  let y = top;
  for (const line of evened(linesOf(panels))) {
    const h = Math.max(...line.map(({ height }) => height));
    let x = 0;
    for (const w of stretched(line.map(({ width }) => width))) {
      positions.push({ x, y, w, h });
      x += w;
    }
    y += h;
  }
  return { positions, height: y - top };
}

function linesOf(panels: readonly SizedPanel[]): SizedPanel[][] {
  const lines: SizedPanel[][] = [];
  let free = 0;
  for (const [index, panel] of panels.entries()) {
    const { width, height } = panel;
    if (!(width >= 1 && width <= gridColumns && height >= 1)) {
      throw new TypeError(
        `Cannot place panel "${panel.panel.title}" as it is 1 to ${gridColumns} columns wide and ` +
          `at least 1 high: current size is ${width} x ${height}`,
      );
    }
    const line = lines.at(-1);
    const isLike = line?.at(-1)?.width === width || fills(free, panels.slice(index));
    if (line === undefined || width > free || !isLike) {
      lines.push([panel]);
      free = gridColumns - width;
    } else {
      line.push(panel);
      free -= width;
    }
  }
  return lines;
}

/** Whether the first ones of some panels take exactly the rest of a line. */
function fills(free: number, panels: readonly SizedPanel[]): boolean {
  let rest = free;
  for (const { width } of panels) {
    rest -= width;
    if (rest <= 0) break;
  }
  return rest === 0;
}

/** Moves panels between neighbouring lines of one width so that each has as many, or one less. */
function evened(lines: readonly SizedPanel[][]): SizedPanel[][] {
  const runs: SizedPanel[][][] = [];
  for (const line of lines) {
    const [last] = runs.at(-1)?.[0] ?? [];
    const isOfOneWidth = [...line, ...runs.at(-1)?.flat() ?? []]
      .every(({ width }) => width === last?.width);
    if (isOfOneWidth) runs.at(-1)!.push(line);
    else runs.push([line]);
  }
  return runs.flatMap((run) => {
    const panels = run.flat();
    return run.map((_, index) =>
      panels.slice(
        Math.ceil(index * panels.length / run.length),
        Math.ceil((index + 1) * panels.length / run.length),
      )
    );
  });
}

/** Widths in the same proportions whose sum is the grid's. */
function stretched(widths: readonly number[]): number[] {
  const total = widths.reduce((all, width) => all + width, 0);
  let used = 0;
  let wanted = 0;
  return widths.map((width) => {
    wanted += width * gridColumns / total;
    const own = Math.round(wanted) - used;
    used += own;
    return own;
  });
}
