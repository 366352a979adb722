/** `deno task completions`: prints a script that makes a shell complete our commands. */

import { checkout } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { commands } from "./commands.ts";
import { bashData } from "./completion/bash_script.ts";
import {
  commandLineOf,
  type CompletionCommand,
  startOf,
  type TaskEntry,
} from "./completion/completion_model.ts";
import { program } from "./completion/declaration.ts";
import { fishData } from "./completion/fish_script.ts";
import { zshData } from "./completion/zsh_script.ts";

const dataOf = { bash: bashData, zsh: zshData, fish: fishData } as const;

async function main(
  { report }: CommandContext,
  parsed: Parsed<typeof program.options>,
): Promise<number> {
  const { shell } = parsed.values;
  const script = Deno.readTextFileSync(`${checkout}/ops/completion/complete.${shell}`);
  const data = dataOf[shell](checkout, await completionCommands());
  // The script's end registers what the data is about.
  report.result(`${data}\n\n${script.trimEnd()}`);
  return 0;
}

/** Every task of the checkout, with the command lines of those that are ours. */
async function completionCommands(): Promise<CompletionCommand[]> {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${checkout}/deno.json`)) as {
    readonly tasks: Readonly<Record<string, TaskEntry>>;
  };
  const loaders = new Map(commands.map(({ name, load }) => [name, load]));
  return await Promise.all(
    Object.entries(tasks).map(async ([name, task]) => {
      const declaration = await loaders.get(name)?.();
      return {
        name,
        summary: task.description ?? "",
        start: startOf(task),
        commandLine: declaration && commandLineOf(declaration),
      };
    }),
  );
}

if (import.meta.main) await runDeclared(program, main);
