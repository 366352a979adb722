import * as v from "valibot";
import { type Html, html } from "../page/html.ts";
import { displayValue } from "./display.ts";
import type { Field } from "./field.ts";
import { calculationTitle, reduce } from "./reduce.ts";

/** What a panel says of its legend. */
export const legendSchema = v.fallback(
  v.object({
    showLegend: v.fallback(v.boolean(), true),
    displayMode: v.fallback(v.string(), "list"),
    placement: v.fallback(v.string(), "bottom"),
    calcs: v.fallback(v.array(v.string()), []),
    sortBy: v.fallback(v.string(), ""),
    sortDesc: v.fallback(v.boolean(), false),
  }),
  {
    showLegend: true,
    displayMode: "list",
    placement: "bottom",
    calcs: [],
    sortBy: "",
    sortDesc: false,
  },
);

/** See {@linkcode legendSchema}. */
export type LegendOptions = v.InferOutput<typeof legendSchema>;

/** A legend and the room that it takes below the chart, in px. */
export interface Legend {
  readonly html: Html;
  readonly height: number;
}

/** Height of a line of a legend; `.legend` in the style sheet has the same. */
const linePx = 20;
/** Most of the panel that a legend takes; the rest of it scrolls. */
const maxShare = 0.4;

/** The legend below a chart of lines: a list of names, or a table with calculations. */
export function drawLegend(
  fields: readonly Field[],
  options: LegendOptions,
  size: { readonly width: number; readonly height: number },
): Legend | undefined {
  const { showLegend, displayMode, calcs } = options;
  if (!showLegend || displayMode === "hidden" || fields.length === 0) return undefined;
  const maxLines = Math.max(1, Math.floor(size.height * maxShare / linePx));
  if (displayMode === "table") {
    const height = Math.min(fields.length + 1, maxLines) * linePx;
    return { height, html: table(sorted(fields, options), calcs, height) };
  }
  const height = Math.min(listLines(fields, size.width), maxLines) * linePx;
  return { height, html: list(fields, calcs, height) };
}

function table(fields: readonly Field[], calcs: readonly string[], height: number): Html {
  const rows = fields.map((field) =>
    html`<tr><th scope="row" title="${field.name}">${swatch(field.color)}${field.name}</th>${
      calcs.map((id) => html`<td>${calculated(field, id)}</td>`)
    }</tr>`
  );
  return html`
    <div class="legend" style="height:${height}px">
      <table>
        <thead>
          <tr><th scope="col">Name</th>${calcs.map((id) =>
            html`<th scope="col">${calculationTitle(id)}</th>`
          )}</tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
}

function list(fields: readonly Field[], calcs: readonly string[], height: number): Html {
  const items = fields.map((field) =>
    html`<li title="${field.name}">${swatch(field.color)}${field.name}${
      calcs.map((id) =>
        html`
          <b>${calculationTitle(id)}: ${calculated(field, id)}</b>
        `
      )
    }</li>`
  );
  return html`<ul class="legend" style="height:${height}px">${items}</ul>`;
}

/** The coloured mark before a name. */
export function swatch(color: string): Html {
  return html`<i style="background:${color}"></i>`;
}

function calculated({ points, config }: Field, id: string): string {
  const value = reduce(points, id);
  return value === undefined ? "" : displayValue(value, { ...config, mappings: [] }).text;
}

function sorted(
  fields: readonly Field[],
  { sortBy, sortDesc, calcs }: LegendOptions,
): readonly Field[] {
  const id = calcs.find((calc) => calculationTitle(calc) === sortBy);
  if (id === undefined) return fields;
  const valueOf = ({ points }: Field): number => reduce(points, id) ?? -Infinity;
  const ascending = fields.toSorted((a, b) => valueOf(a) - valueOf(b));
  return sortDesc ? ascending.reverse() : ascending;
}

/** How many lines a list takes, with letters of about 7 px. */
function listLines(fields: readonly Field[], width: number): number {
  let lines = 1;
  let used = 0;
  for (const { name } of fields) {
    const needed = Math.min(name.length * 7 + 34, width);
    if (used + needed > width) {
      lines++;
      used = 0;
    }
    used += needed;
  }
  return lines;
}
