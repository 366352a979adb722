import { ConfigError } from "./errors.ts";
import { readArguments } from "./options/arguments.ts";
import {
  configKeys,
  defineProgram,
  type HostPort,
  type OptionDeclaration,
  type OptionDeclarations,
  type OptionValues,
  type ProgramDeclaration,
} from "./options/declaration.ts";
import {
  type FileValues,
  findFile,
  readConfigFile,
  readFileBounded,
} from "./options/config_file.ts";
import { helpText, optionTableRows } from "./options/help.ts";
import { escapeControls } from "./printable.ts";

export { defineProgram, helpText, optionTableRows };
export type { HostPort, OptionDeclaration, OptionDeclarations, OptionValues, ProgramDeclaration };

/** Where an option's value came from, the strongest first; `default` also when it has no value. */
export type OptionSource = "flag" | "positional" | "file" | "default";

/** What a command line asks for. */
export type ParsedOptions<D extends OptionDeclarations> =
  /** Print `text` to standard output and exit with 0. */
  | { readonly kind: "help" | "version"; readonly text: string }
  | {
    readonly kind: "run";
    readonly values: OptionValues<D>;
    readonly sources: { readonly [K in keyof D]: OptionSource };
    /** The configuration file that was read. */
    readonly configFile: string | undefined;
  };

/**
 * Reads a program's command line and configuration file. For each option a flag wins over a
 * positional argument, that over the file, and that over the default (protocol section 11.1).
 *
 * @param readFile Gives a file's content or throws as `Deno.openSync` does.
 * @throws ConfigError with all mistakes of both, one per line.
 */
export function parseOptions<const D extends OptionDeclarations>(
  program: ProgramDeclaration<D>,
  argv: readonly string[],
  readFile: (path: string) => Uint8Array = readFileBounded,
): ParsedOptions<D> {
  const args = readArguments(program, argv);
  if (args.help) return { kind: "help", text: helpText(program) };
  if (args.version) return { kind: "version", text: `${program.name} ${program.version}` };

  const mistakes = [...args.mistakes];
  const found = findFile(args.config, program.configFiles ?? [], readFile);
  let file: FileValues = { values: new Map(), mistakes: [] };
  if (found !== undefined && "mistake" in found) mistakes.push(found.mistake);
  else if (found !== undefined) file = readConfigFile(program, found.path, found.bytes);
  mistakes.push(...file.mistakes);

  const values: [string, unknown][] = [];
  const sources: [string, OptionSource][] = [];
  const given: readonly (readonly [OptionSource, ReadonlyMap<string, unknown>])[] = [
    ["flag", args.flags],
    ["positional", args.positionals],
    ["file", file.values],
  ];
  // A mistake above may be why something is missing; saying both would mislead.
  const complete = mistakes.length === 0;
  for (const [name, option] of Object.entries(program.options)) {
    const [source, from] = given.find(([, map]) => map.has(name)) ??
      ["default" as const, undefined];
    const value = completed(option, from?.get(name));
    if (complete) mistakes.push(...missingParts(name, option, value));
    values.push([name, value]);
    sources.push([name, source]);
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes.map(escapeControls).join("\n"));
  return {
    kind: "run",
    // Each value was read by its option's own declaration, from which the type is made.
    values: Object.fromEntries(values) as OptionValues<D>,
    sources: Object.fromEntries(sources) as { [K in keyof D]: OptionSource },
    configFile: found !== undefined && "path" in found ? found.path : undefined,
  };
}

/** The value with what it leaves to the default. */
function completed(option: OptionDeclaration, value: unknown): unknown {
  if (option.type === "objects" || option.type === "rest") return value ?? [];
  if (option.type === "count") return value ?? 0;
  if (option.type === "strings") return value ?? option.default ?? [];
  if (option.type !== "host_port" || value === undefined) return value ?? option.default;
  const { hostname = option.default?.hostname, port = option.default?.port ?? option.defaultPort } =
    value as Partial<HostPort>;
  return { hostname, port };
}

function missingParts(name: string, option: OptionDeclaration, value: unknown): string[] {
  const { flag, positional } = option;
  const ways = configKeys(option).map((key) => `key "${key}" in the configuration file`);
  if (positional !== undefined) ways.unshift(`argument ${positional}`);
  if (flag !== undefined) ways.unshift(`"${flag}"`);
  if (option.type === "rest") ways.unshift(`${option.placeholder} behind "--"`);
  const next = `give ${ways.join(" or ")}`;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    return option.required ? [`Cannot start as option "${name}" is required: ${next}`] : [];
  }
  if (option.type !== "host_port") return [];
  const missing = Object.entries(value as HostPort).filter(([, part]) => part === undefined);
  return missing.map(([part]) => `Cannot start as option "${name}" has no ${part}: ${next}`);
}
