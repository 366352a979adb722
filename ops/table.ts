import { escapeControls } from "../tunnel/printable.ts";
import { formatLine, type Line, type Span } from "./terminal/span.ts";
import { padToWidth, textWidth } from "./terminal/text_width.ts";

/** Rows as lines with aligned columns, separated by two spaces. */
export function tableLines(cells: readonly (readonly Span[])[]): Line[] {
  const rows = cells.map((row) =>
    row.map(({ text, ...cell }) => ({ ...cell, text: escapeControls(text) }))
  );
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { text }] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, textWidth(text));
    }
  }
  return rows.map((row) =>
    row.map((cell, column) => ({
      ...cell,
      text: padToWidth(cell.text, widths[column]! + 2),
    }))
  );
}

/**
 * Rows as aligned columns without colours, separated by two spaces, without trailing spaces. Cells
 * are escaped.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const lines = tableLines(rows.map((row) => row.map((text) => ({ text }))));
  return lines.map((line) => formatLine(line, { color: false })).join("\n");
}
