import { commandText } from "../../terminal/command_lines.ts";

/**
 * The command that looks again.
 *
 * @param hosts The hosts to look at; those of `limit` by default.
 */
export function sweepAgain(
  inventory: readonly string[],
  limit: string | undefined,
  hosts?: readonly string[],
): string {
  const pattern = hosts?.join(",") ?? limit;
  return commandText([
    ...["deno", "task", "sweep", ...inventory.flatMap((source) => ["-i", source])],
    ...pattern === undefined ? [] : ["--limit", pattern],
  ]);
}
