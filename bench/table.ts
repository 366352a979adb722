/** A text table: columns as wide as their longest cell, numbers flush right. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]!.length))
  );
  return [header, ...rows]
    .map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join("  "))
    .join("\n");
}
