import { builtinFlags, helpShort } from "../../tunnel/options/declaration.ts";
import type {
  OptionDeclaration,
  OptionDeclarations,
  ProgramDeclaration,
} from "../../tunnel/options.ts";

/** What a shell offers where a value is wanted. */
export type ValueCompletion =
  | { readonly kind: "file" | "directory" }
  /** Hosts and groups of the inventory, with what patterns put in front of them. */
  | { readonly kind: "hosts" }
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** A value that nobody can guess. */
  | { readonly kind: "text" };

/** A flag as a shell sees it. */
export interface CompletionFlag {
  /** `--inventory`; the negated form of a switch is a flag of its own. */
  readonly flag: string;
  readonly short: string | undefined;
  /** One sentence. */
  readonly help: string;
  /** What follows it; a switch has none. */
  readonly value: ValueCompletion | undefined;
  readonly placeholder: string;
  readonly isRepeatable: boolean;
}

/** An argument without a flag. */
export interface CompletionPlace {
  readonly help: string;
  readonly value: ValueCompletion;
}

/** A command as a shell sees it. */
export interface CompletionCommand {
  /** The task's name. */
  readonly name: string;
  /** The task's description. */
  readonly summary: string;
  /** How it is started, without what the user adds: `deno run -A ops/deploy.ts`. */
  readonly start: readonly string[] | undefined;
  /** `undefined` where the command line is not ours: then files are offered. */
  readonly commandLine: CompletionCommandLine | undefined;
}

/** What may follow a command's name. */
export interface CompletionCommandLine {
  readonly flags: readonly CompletionFlag[];
  /** In their order. */
  readonly places: readonly CompletionPlace[];
  /** Whether a command of the system follows `--`. */
  readonly hasRest: boolean;
}

/** What a task in `deno.json` says of itself. */
export interface TaskEntry {
  readonly description?: string;
  readonly command?: string;
}

/** What of a command's declaration matters for completing it. */
export function commandLineOf(
  program: ProgramDeclaration<OptionDeclarations>,
): CompletionCommandLine {
  const options = Object.values(program.options);
  const places = options.filter(({ positional }) => positional !== undefined)
    .toSorted((a, b) => (a.positional ?? 0) - (b.positional ?? 0));
  const [help, version, config] = builtinFlags;
  const builtin: CompletionFlag[] = [
    builtinFlag(help, "Print how it is used", helpShort),
    builtinFlag(version, "Print the version"),
  ];
  if (program.configFiles !== undefined) {
    builtin.push({
      ...builtinFlag(config, "Configuration file, JSON"),
      ...{ value: { kind: "file" }, placeholder: "FILE" },
    });
  }
  return {
    flags: [...options.flatMap(flagsOf), ...builtin],
    places: places.map((option) => ({ help: option.help, value: valueOf(option) })),
    hasRest: options.some(({ type }) => type === "rest"),
  };
}

/** The command of a task that runs one of our programs, as words; `undefined` for others. */
export function startOf({ command }: TaskEntry): readonly string[] | undefined {
  const words = command?.split(" ") ?? [];
  const isPlain = words.every((word) => /^[\w@%+=:,./-]+$/.test(word));
  return isPlain && words[0] === "deno" && words[1] === "run" ? words : undefined;
}

function builtinFlag(flag: string, help: string, short?: string): CompletionFlag {
  return { flag, short, help, value: undefined, placeholder: "", isRepeatable: false };
}

function flagsOf(option: OptionDeclaration): CompletionFlag[] {
  const { flag, short, type, help } = option;
  if (flag === undefined) return [];
  if (type === "boolean") {
    const negated = builtinFlag(`--no-${flag.slice(2)}`, `Not: ${help}`);
    // Who has it on by default wants to know how to turn it off, and the other way round.
    return [{ ...builtinFlag(flag, help), short }, ...(option.default === true ? [negated] : [])];
  }
  return [{
    ...{ flag, short, help },
    value: type === "count" ? undefined : valueOf(option),
    placeholder: placeholderOf(option),
    isRepeatable: type === "count" || type === "strings",
  }];
}

/** Placeholders whose values a shell can find. */
const kinds: Readonly<Record<string, "file" | "directory" | "hosts">> = {
  FILE: "file",
  SOURCE: "file",
  DIR: "directory",
  PATTERN: "hosts",
};

function valueOf(option: OptionDeclaration): ValueCompletion {
  if (option.type === "choice") return { kind: "words", words: option.choices };
  const placeholder = placeholderOf(option);
  const kind = kinds[placeholder];
  if (kind !== undefined) return { kind };
  // "udp|icmp" is a choice too, with a check of its own.
  return /^[a-z0-9-]+(\|[a-z0-9-]+)+$/.test(placeholder)
    ? { kind: "words", words: placeholder.split("|") }
    : { kind: "text" };
}

function placeholderOf(option: OptionDeclaration): string {
  if ("placeholder" in option && option.placeholder !== undefined) return option.placeholder;
  return option.type === "host_port" ? "HOST:PORT" : option.type === "choice" ? "WORD" : "VALUE";
}
