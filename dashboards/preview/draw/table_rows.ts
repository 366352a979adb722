import * as v from "valibot";
import type { Panel } from "../board/board.ts";
import type { PanelData, TargetResult } from "../data/panel_data.ts";

/** A row of a table: a text is a label's, a number a value. */
export type TableRow = ReadonlyMap<string, string | number>;

/** A table before it is drawn. */
export interface TableData {
  /** Names of the columns, from the left. */
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
  /** Transformations of the panel that the preview doesn't know, and has left out. */
  readonly unknown: readonly string[];
}

const organizeSchema = v.object({
  excludeByName: v.fallback(v.record(v.string(), v.boolean()), {}),
  indexByName: v.fallback(v.record(v.string(), v.number()), {}),
  renameByName: v.fallback(v.record(v.string(), v.string()), {}),
});

/** The answers of a panel as rows, after the panel's transformations. */
export function tableOf(panel: Panel, { results }: PanelData): TableData {
  const frames = results.map((result) => frameOf(result, results.length > 1));
  const merges = panel.transformations.some(({ id }) => id === "merge");
  let rows: readonly TableRow[] = merges ? mergeRows(frames) : frames.flat();
  let columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const unknown: string[] = [];
  for (const { id, options } of panel.transformations) {
    if (id === "organize") {
      ({ columns, rows } = organize({ columns, rows }, v.parse(organizeSchema, options)));
    } else if (id !== "merge") unknown.push(id);
  }
  return { columns, rows, unknown };
}

/** One row for each series, with its labels, the time and its last value. */
function frameOf({ target, series }: TargetResult, isOneOfMany: boolean): TableRow[] {
  const valueName = isOneOfMany ? `Value #${target.refId}` : "Value";
  return series.flatMap(({ labels, points }): TableRow[] => {
    const last = points.at(-1);
    if (last === undefined) return [];
    return [
      new Map<string, string | number>([
        ["Time", last[0]],
        ...Object.entries(labels),
        [valueName, last[1]],
      ]),
    ];
  });
}

/** Joins rows that agree on the fields that all answers have, where nothing else contradicts. */
function mergeRows(frames: readonly (readonly TableRow[])[]): TableRow[] {
  const names = frames.filter((frame) => frame.length > 0).map((frame) =>
    new Set(frame.flatMap((row) => [...row.keys()]))
  );
  const common = [...names[0] ?? []].filter((name) => names.every((known) => known.has(name)));
  const merged = new Map<string, Map<string, string | number>[]>();
  for (const row of frames.flat()) {
    const key = JSON.stringify(common.map((name) => row.get(name)));
    const candidates = merged.get(key) ?? [];
    const match = candidates.find((candidate) =>
      row.entries().every(([name, value]) => (candidate.get(name) ?? value) === value)
    );
    if (match === undefined) merged.set(key, [...candidates, new Map(row)]);
    else for (const [name, value] of row) match.set(name, value);
  }
  return merged.values().toArray().flat();
}

function organize(
  { columns, rows }: Pick<TableData, "columns" | "rows">,
  { excludeByName, indexByName, renameByName }: v.InferOutput<typeof organizeSchema>,
): { readonly columns: string[]; readonly rows: readonly TableRow[] } {
  const place = (name: string): number => indexByName[name] ?? Infinity;
  const kept = columns
    .filter((name) => excludeByName[name] !== true)
    // A stable sort: columns without a place remain behind the others in their order.
    .toSorted((a, b) => place(a) === place(b) ? 0 : place(a) - place(b));
  const titleOf = (name: string): string => renameByName[name] || name;
  return {
    columns: kept.map(titleOf),
    rows: rows.map((row) =>
      new Map(kept.flatMap((name) => {
        const value = row.get(name);
        return value === undefined ? [] : [[titleOf(name), value] as const];
      }))
    ),
  };
}
