import { shellQuote } from "../engine/connection/quote.ts";
import type { CompletionCommand, ValueCompletion } from "./completion_model.ts";
import { wrapperFunction } from "./wrapper_function.ts";

/** What bash has to know of the commands, and the function `ztna`. */
export function bashData(root: string, commands: readonly CompletionCommand[]): string {
  const own = commands.flatMap(({ name, commandLine }) =>
    commandLine === undefined ? [] : [{ name, ...commandLine }]
  );
  const answer = (value: string): string => `REPLY=${shellQuote(value)}`;
  const flags = own.map(({ name, flags }) => {
    const words = flags.flatMap(({ flag, short }) => short === undefined ? [flag] : [flag, short]);
    return `    ${name}) ${answer(words.join(" "))} ;;`;
  });
  const values = own.flatMap(({ name, flags }) =>
    flags.flatMap(({ flag, short, value }) => {
      if (value === undefined) return [];
      const patterns = [flag, short].filter((text) => text !== undefined);
      const pattern = patterns.map((text) => `${name}:${text}`).join(" | ");
      return [`    ${pattern}) ${answer(kindOf(value))} ;;`];
    })
  );
  const places = own.flatMap(({ name, places }) =>
    places.map(({ value }, i) => `    ${name}:${i + 1}) ${answer(kindOf(value))} ;;`)
  );
  const rests = own.flatMap(({ name, hasRest }) => hasRest ? [`    ${name}) return 0 ;;`] : []);
  const names = own.map(({ name }) => `    ${name}) return 0 ;;`);
  return [
    ...wrapperFunction(root, commands),
    `_ztna_tasks=(${commands.map(({ name }) => name).join(" ")})`,
    ...lookup("_ztna_knows", "$1", names, "return 1"),
    ...lookup("_ztna_flags", "$1", flags, "REPLY="),
    ...lookup("_ztna_value", "$1:$2", values, "REPLY="),
    ...lookup("_ztna_place", "$1:$2", places, "REPLY="),
    ...lookup("_ztna_has_rest", "$1", rests, "return 1"),
  ].join("\n");
}

function lookup(name: string, key: string, cases: readonly string[], otherwise: string): string[] {
  return [`${name}() {`, `  case ${key} in`, ...cases, `    *) ${otherwise} ;;`, "  esac", "}"];
}

function kindOf(value: ValueCompletion): string {
  return value.kind === "words" ? `words ${value.words.join(" ")}` : value.kind;
}
