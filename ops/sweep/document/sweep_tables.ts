/** The parts of `docs/sweep.md` that are made of the declarations. Pure. */

import { thresholdDeclarations } from "../../fleet/sweep_settings.ts";
import { allChecks } from "../all_checks.ts";
import { allFixes } from "../fix/fixes.ts";

/** A table as rows of cells in Markdown; the first row is its head. */
export type MarkdownTable = readonly (readonly string[])[];

/** The tables of the page by the names of their places in it. */
export function sweepTables(): Readonly<Record<string, MarkdownTable>> {
  const fixed = new Set(allFixes.map(({ check }) => check));
  const checkOf = (threshold: string): string =>
    allChecks.filter((check) => check.threshold === threshold).map(({ id }) => code(id)).join(", ");
  return {
    checks: [
      ["Check", "Looks at", "`--fix`"],
      ...allChecks.map(({ id, looksAt }) => [code(id), looksAt, fixed.has(id) ? "yes" : ""]),
    ],
    thresholds: [
      ["Variable", "Check", "Compares", "Warning", "Critical"],
      ...Object.entries(thresholdDeclarations).map(([name, declaration]) => {
        const { variable, what, warning, critical } = declaration;
        return [code(variable), checkOf(name), what, String(warning), String(critical)];
      }),
    ],
    fixes: [
      ["Check", "What `--fix` does"],
      ...allFixes.map(({ check, does }) => [code(check), does]),
    ],
  };
}

/** A page with its tables as they should be. @throws {TypeError} when the page lacks a place. */
export function withTables(page: string, tables: Readonly<Record<string, MarkdownTable>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [, before, after] = placeOf(name).exec(text) ?? [];
    if (before === undefined) throw new TypeError(`The page has no place for the table "${name}"`);
    return text.replace(placeOf(name), () => `${before}\n\n${markdown(table)}\n${after}`);
  }, page);
}

/** The table at a place of a page, without the spaces that line its columns up. */
export function readTable(page: string, name: string): MarkdownTable {
  const [place = ""] = placeOf(name).exec(page) ?? [];
  return place.split("\n").filter((line) => line.startsWith("|") && !/^\|[ :|-]+$/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

function placeOf(name: string): RegExp {
  return new RegExp(`(<!-- ${name} -->)[^]*?(<!-- end of ${name} -->)`);
}

function markdown([head = [], ...rows]: MarkdownTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}

function code(text: string): string {
  return `\`${text}\``;
}
