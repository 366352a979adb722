import { boardFiles } from "./boards/board_files.ts";
import type { GeneratedFile } from "./generated_file.ts";
import { ruleFiles } from "./rules/rule_files.ts";

/** Everything that is generated, in the order of its paths; the same code gives the same bytes. */
export function generateFiles(): GeneratedFile[] {
  const files: GeneratedFile[] = [
    ...boardFiles(),
    ...ruleFiles(),
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
