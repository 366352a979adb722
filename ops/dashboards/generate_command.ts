import { generateFiles } from "../../dashboards/generate.ts";
import { type CommandContext, wouldChangeExitCode } from "../command.ts";
import { counted } from "../terminal/quantities.ts";
import type { FileChange } from "./generated_changes.ts";
import { GeneratedDirectory } from "./generated_directory.ts";

/** What the command line says. */
export interface GenerateValues {
  /** Directory in which paths begin. */
  readonly out: string;
  /** Only say what would change. */
  readonly check: boolean;
  readonly json: boolean;
}

/** Version of the `--json` output. */
const schema = 1;

const marks: Readonly<Record<FileChange["change"], string>> = {
  created: "+",
  updated: "~",
  removed: "-",
};

/** `dashboards` by itself: writes what is generated, where it differs. */
export function generateCommand(
  { report }: CommandContext,
  { out, check, json }: GenerateValues,
): number {
  const files = generateFiles();
  const directory = new GeneratedDirectory(out);
  const changes = directory.changes(files);
  if (!check) directory.apply(files, changes);
  const kept = changes.filter(({ change }) => change !== "removed").length;
  const unchanged = files.length - kept;
  if (json) report.json({ schema, check, changes, unchanged });
  else report.result(generatedText(changes, unchanged, check));
  return check && changes.length > 0 ? wouldChangeExitCode : 0;
}

/** What changed, for people: a line for each file. */
export function generatedText(
  changes: readonly FileChange[],
  unchanged: number,
  check: boolean,
): string {
  const rest = `${counted(unchanged, "file")} ${unchanged === 1 ? "is" : "are"} up to date`;
  if (changes.length === 0) return `Nothing to change: ${rest}`;
  const lines = changes.map(({ path, change }) => `${marks[change]} ${path}`);
  const count = counted(changes.length, "file");
  const advice = ': run "deno task dashboards", and commit them';
  const summary = check ? `${count} would change${advice}` : `${count} changed; ${rest}`;
  return [...lines, summary].join("\n");
}
