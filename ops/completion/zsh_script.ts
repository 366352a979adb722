import { shellQuote } from "../engine/connection/quote.ts";
import type {
  CompletionCommand,
  CompletionCommandLine,
  CompletionFlag,
  ValueCompletion,
} from "./completion_model.ts";
import { wrapperFunction } from "./wrapper_function.ts";

/** What zsh has to know of the commands, and the function `ztna`. */
export function zshData(root: string, commands: readonly CompletionCommand[]): string {
  const tasks = commands.map(({ name, summary }) =>
    `  ${shellQuote(`${name}:${summary.replaceAll(":", "\\:")}`)}`
  );
  const functions = commands.flatMap(({ name, commandLine }) =>
    commandLine === undefined ? [] : taskFunction(name, commandLine)
  );
  return [
    ...wrapperFunction(root, commands),
    "_ztna_tasks=(",
    ...tasks,
    ")",
    ...functions,
  ].join("\n");
}

function taskFunction(name: string, { flags, places, hasRest }: CompletionCommandLine): string[] {
  const specs = [
    ...flags.flatMap(flagSpecs),
    ...places.map(({ help, value }, i) => `${i + 1}:${escaped(help)}:${actionOf(value)}`),
    ...(hasRest ? ["*::command:_ztna_rest"] : []),
  ];
  return [
    `_ztna_task_${name}() {`,
    "  _arguments -s -S : \\",
    specs.map((spec) => `    ${shellQuote(spec)}`).join(" \\\n"),
    "}",
  ];
}

/** What `_arguments` wants to know of a flag, once for each of its forms. */
function flagSpecs(
  { flag, short, help, value, placeholder, isRepeatable }: CompletionFlag,
): string[] {
  const forms = [flag, short].filter((form) => form !== undefined);
  const excluded = isRepeatable ? "*" : forms.length > 1 ? `(${forms.join(" ")})` : "";
  const action = value === undefined ? "" : `:${escaped(placeholder)}:${actionOf(value)}`;
  return forms.map((form) => {
    const equals = value !== undefined && form.startsWith("--") ? "=" : "";
    return `${excluded}${form}${equals}[${escaped(help)}]${action}`;
  });
}

function actionOf(value: ValueCompletion): string {
  switch (value.kind) {
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "hosts":
      return "_ztna_hosts";
    case "words":
      return `(${value.words.join(" ")})`;
    case "text":
      return " ";
  }
}

/** A text between the colons and brackets of a specification. */
function escaped(text: string): string {
  return text.replaceAll(/[\\:[\]]/g, "\\$&");
}
