import { bold, cyan, green, red } from "@std/fmt/colors";
import type { Line } from "./span.ts";

/** Most lines of one diff that are shown. */
const maxDiffLines = 500;

/** A unified diff as lines in the usual colours. */
export function diffLines(diff: string): Line[] {
  const all = diff.replace(/\n$/, "").split("\n");
  const lines = all.slice(0, maxDiffLines).map((text): Line => [{ text, ...paintOf(text) }]);
  const missing = all.length - lines.length;
  return missing > 0 ? [...lines, [{ text: `… ${missing} more lines` }]] : lines;
}

function paintOf(text: string): { readonly paint?: (text: string) => string } {
  if (text.startsWith("+++ ") || text.startsWith("--- ")) return { paint: bold };
  if (text.startsWith("@@")) return { paint: cyan };
  if (text.startsWith("+")) return { paint: green };
  return text.startsWith("-") ? { paint: red } : {};
}
