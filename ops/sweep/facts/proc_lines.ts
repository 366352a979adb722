import { shellCommand, shellQuote } from "../../engine/connection/quote.ts";

/**
 * Shell text that prints lines of files of `/proc` and `/sys`, each behind its file's name: one
 * process for all of them. Files that are missing are left out.
 *
 * @param pattern Which lines: an extended regular expression.
 */
export function procLinesScript(pattern: string, files: readonly string[]): string {
  return `grep -EsH ${shellQuote(pattern)} -- ${shellCommand(files)} || :\n`;
}

/** The lines of each file that {@linkcode procLinesScript} has printed. */
export function readProcLines(output: string): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, string[]>();
  for (const line of output.split("\n").slice(0, maxLines)) {
    const [, file, text] = /^(\/[^:]{1,100}):(.{1,1000})$/.exec(line) ?? [];
    if (file === undefined) continue;
    const lines = files.get(file);
    if (lines === undefined) files.set(file, [text!]);
    else lines.push(text!);
  }
  return files;
}

/** Lines that are read; what we ask for has some dozens. */
const maxLines = 1000;

/** A whole number of the kernel, which may be as large as 64 bits are; `undefined` for no number. */
export function kernelCount(text: string | undefined): number | undefined {
  return /^\d{1,20}$/.test(text ?? "") ? Number(text) : undefined;
}
