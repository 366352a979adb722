import * as v from "valibot";
import type { FieldConfig } from "../board/board.ts";
import { type Html, html } from "../page/html.ts";
import { isLight } from "./colors.ts";
import { displayValue } from "./display.ts";
import { configOf } from "./field.ts";
import type { PanelContext } from "./panel_context.ts";
import { tableOf, type TableRow } from "./table_rows.ts";

const optionsSchema = v.object({
  sortBy: v.fallback(
    v.array(v.object({ displayName: v.string(), desc: v.fallback(v.boolean(), false) })),
    [],
  ),
});

const customSchema = v.object({
  cellOptions: v.fallback(v.object({ type: v.fallback(v.string(), "auto") }), { type: "auto" }),
  align: v.fallback(v.string(), "auto"),
  hidden: v.fallback(v.boolean(), false),
  width: v.fallback(v.number(), 0),
});

/** Most rows that are drawn. */
const maxRows = 200;

/** A column with what its cells have in common. */
interface Column {
  readonly name: string;
  readonly config: FieldConfig;
  readonly custom: v.InferOutput<typeof customSchema>;
  readonly isNumeric: boolean;
}

/** The panel's answers as a table. */
export function drawTable(context: PanelContext): Html | undefined {
  const { panel, data } = context;
  const { columns: names, rows, unknown } = tableOf(panel, data);
  if (rows.length === 0) return undefined;
  const columns = names.map((name): Column => {
    const config = configOf(panel, name);
    return {
      name,
      config,
      custom: v.parse(customSchema, config.custom),
      isNumeric: rows.some((row) => typeof row.get(name) === "number") &&
        config.mappings.length === 0,
    };
  }).filter(({ custom }) => !custom.hidden);
  const { sortBy } = v.parse(optionsSchema, panel.options);
  const shown = sorted(rows, sortBy).slice(0, maxRows);
  const more = rows.length - shown.length;
  const titles = columns.map((column) =>
    html`<th scope="col" style="${alignment(column)}">${column.name}</th>`
  );
  const lines = shown.map((row) =>
    html`<tr>${columns.map((column) => cell(row, column, context))}</tr>`
  );
  const notes = [
    ...more > 0 ? [`and ${more} more`] : [],
    ...unknown.length > 0 ? [`The preview leaves out: ${unknown.join(", ")}`] : [],
  ];
  return html`
    <div class="table" tabindex="0">
      <table>
        <thead>
          <tr>${titles}</tr>
        </thead>
        <tbody>${lines}</tbody>
      </table>
    </div>
    ${notes.map((note) => html`<p class="more">${note}</p>`)}
  `;
}

function alignment({ custom: { align, width }, isNumeric }: Column): string {
  const side = align !== "auto" ? align : isNumeric ? "right" : "left";
  const known = ["left", "right", "center"].includes(side) ? side : "left";
  return `text-align:${known}${width > 0 ? `;width:${width}px` : ""}`;
}

function cell(row: TableRow, column: Column, { now, pageOf }: PanelContext): Html {
  const { name, config, custom: { cellOptions } } = column;
  const value = row.get(name);
  if (value === undefined) return html`<td></td>`;
  const { text, color } = displayValue(value, config, now);
  const page = config.links.map(({ url }) => pageOf(url)).find((known) => known !== undefined);
  const content = page === undefined ? html`${text}` : html`<a href="${page}">${text}</a>`;
  return html`<td style="${alignment(column)}" title="${text}">${
    colored(content, color, cellOptions.type)
  }</td>`;
}

/** A cell's content in the colour of its value, as letters or as what is behind them. */
function colored(content: Html, color: string | undefined, type: string): Html {
  if (color === undefined) return content;
  if (type === "color-text") return html`<span style="color:${color}">${content}</span>`;
  if (type !== "color-background") return content;
  const letters = isLight(color) ? "#111217" : "#fff";
  return html`<span class="fill" style="background:${color};color:${letters}">${content}</span>`;
}

function sorted(
  rows: readonly TableRow[],
  keys: v.InferOutput<typeof optionsSchema>["sortBy"],
): TableRow[] {
  return rows.toSorted((a, b) => {
    for (const { displayName, desc } of keys) {
      const order = compare(a.get(displayName), b.get(displayName));
      if (order !== 0) return desc ? -order : order;
    }
    return 0;
  });
}

function compare(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true });
}
