import { structuredPatch } from "diff";
import { escapeControls, truncate } from "../../../tunnel/printable.ts";
import { shown } from "./change.ts";
import type { PathFact } from "./facts.ts";
import { maxDiffBytes, maxDiffEdits, maxDiffLength } from "./limits.ts";

/**
 * What writing a file would change, as a unified diff with three lines of context. Safe to print:
 * controls are escaped, and what is no text, too long or wholly different is only named.
 */
export function unifiedDiff(path: string, fact: PathFact | undefined, after: Uint8Array): string {
  const before = fact?.type === "file" ? fact.contents : new Uint8Array();
  const header = headerOf(path, fact);
  const summary = `${header}(${
    fact?.type === "file" ? fact.bytes : 0
  } bytes become ${after.length}`;
  if (before === undefined || before.length > maxDiffBytes || after.length > maxDiffBytes) {
    return `${summary}; too many to show)\n`;
  }
  const oldText = textOf(before);
  const newText = textOf(after);
  if (oldText === undefined || newText === undefined) return `${summary}; no text)\n`;
  const hunks = diffHunks(oldText, newText);
  return hunks === undefined ? `${summary}; they have little in common)\n` : header + hunks;
}

/**
 * The hunks of a unified diff of two texts, with three lines of context; `undefined` when the texts
 * are wholly different. Bounded, and safe to print: controls are escaped.
 */
export function diffHunks(before: string, after: string): string | undefined {
  const patch = structuredPatch("", "", before, after, undefined, undefined, {
    context: 3,
    maxEditLength: maxDiffEdits,
  });
  const hunks = patch?.hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) =>
    // Where there are no lines, the format has the one in front.
    `@@ -${oldLines === 0 ? oldStart - 1 : oldStart},${oldLines} ` +
    `+${newLines === 0 ? newStart - 1 : newStart},${newLines} @@\n` +
    lines.map((line) => `${printable(line)}\n`).join("")
  );
  return hunks && truncate(hunks.join(""), maxDiffLength);
}

/** The same for a file whose contents must not show. */
export function maskedDiff(path: string, fact: PathFact | undefined, after: Uint8Array): string {
  const before = fact?.type === "file" ? `-(secret, ${fact.bytes} bytes)\n` : "";
  return `${headerOf(path, fact)}${before}+(secret, ${after.length} bytes)\n`;
}

function headerOf(path: string, fact: PathFact | undefined): string {
  return `--- ${fact?.type === "file" ? shown(path) : "/dev/null"}\n+++ ${shown(path)}\n`;
}

/** The text of bytes that are UTF-8 without NUL. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A tab is harmless, and indents many a configuration. */
function printable(line: string): string {
  return line.split("\t").map(escapeControls).join("\t");
}
