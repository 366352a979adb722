import { parseArgs } from "@std/cli/parse-args";
import { quote } from "../printable.ts";
import {
  helpShort,
  type OptionDeclaration,
  type OptionDeclarations,
  type ProgramDeclaration,
  type ScalarOption,
} from "./declaration.ts";
import { nearestHint } from "./nearest.ts";
import { expandShortFlags, isSwitch } from "./short_flags.ts";
import { checkText, type ReadResult, readText } from "./value.ts";

/** What a command line says. */
export interface ArgumentValues {
  readonly help: boolean;
  readonly version: boolean;
  /** File given by `--config`. */
  readonly config: string | undefined;
  /** Values by the names of the options. */
  readonly flags: ReadonlyMap<string, unknown>;
  /** What has a place, and what takes the rest. */
  readonly positionals: ReadonlyMap<string, unknown>;
  /** One message for each mistake. */
  readonly mistakes: readonly string[];
}

/**
 * Reads a command line. Only the syntax is `parseArgs`'s: what it lets pass or guesses at (unknown
 * flags, numbers, dotted names, `--no-x=true`, a missing value) is decided here.
 *
 * The value of a flag is never taken for a positional argument (protocol section 12.1, LR31).
 */
export function readArguments(
  program: ProgramDeclaration<OptionDeclarations>,
  argv: readonly string[],
): ArgumentValues {
  return new ArgumentReader(program).read(argv);
}

const config: OptionDeclaration = { type: "string", flag: "--config", help: "" };

class ArgumentReader {
  readonly #options: readonly (readonly [string, OptionDeclaration])[];
  /** By the name of the flag without dashes, the built-in ones included. */
  readonly #byFlag = new Map<string, readonly [string, OptionDeclaration]>();
  readonly #byShort = new Map<string, OptionDeclaration>();
  readonly #validFlags: string[] = [];
  /** What takes everything behind `--`; without it, that are positional arguments. */
  #rest: { readonly name: string; readonly placeholder: string } | undefined;
  readonly #mistakes: string[] = [];
  readonly #flags = new Map<string, unknown>();

  constructor(program: ProgramDeclaration<OptionDeclarations>) {
    this.#options = Object.entries(program.options);
    const builtin: [string, OptionDeclaration][] = [
      ["", { type: "boolean", flag: "--help", short: helpShort, help: "" }],
      ["", { type: "boolean", flag: "--version", help: "" }],
    ];
    if (program.configFiles !== undefined) builtin.push(["", config]);
    for (const entry of [...this.#options, ...builtin]) {
      const [name, option] = entry;
      const { flag, short, type } = option;
      if (type === "rest") this.#rest = { name, placeholder: option.placeholder };
      if (flag === undefined) continue;
      this.#byFlag.set(flag.slice(2), entry);
      if (short !== undefined) this.#byShort.set(short.slice(1), option);
      this.#validFlags.push(flag);
      if (type === "boolean" && name !== "") this.#validFlags.push(`--no-${flag.slice(2)}`);
    }
  }

  read(given: readonly string[]): ArgumentValues {
    const end = separator(given);
    const { argv, mistakes } = expandShortFlags(given.slice(0, end), this.#byShort);
    this.#mistakes.push(...mistakes);
    const flags = [...this.#byFlag];
    const booleans = flags.filter(([, [, option]]) => option.type === "boolean");
    const texts = flags.filter(([, [, option]]) => !isSwitch(option));
    const unknown = new Set<string>();
    const positional: string[] = [];
    const joined = this.#withDashes(argv);
    const parsed = parseArgs(this.#withoutCounts(this.#withoutMisuse(joined)), {
      boolean: booleans.map(([flag]) => flag),
      string: texts.map(([flag]) => flag),
      collect: texts.map(([flag]) => flag),
      negatable: booleans.filter(([, [name]]) => name !== "").map(([flag]) => flag),
      unknown(arg, key): boolean {
        if (key === undefined) positional.push(arg);
        else unknown.add(arg);
        return false;
      },
    });
    for (const arg of unknown) this.#refuseUnknown(arg);
    this.#readFlags(parsed, new Set(argv.map(nameOfFlag)));
    const tail = given.slice(end + 1);
    if (this.#rest === undefined) positional.push(...tail);
    const positionals = this.#readPositionals(positional);
    if (this.#rest !== undefined && end < given.length) positionals.set(this.#rest.name, tail);
    return {
      help: parsed["help"] === true,
      version: parsed["version"] === true,
      config: this.#readConfig(parsed["config"]),
      flags: this.#flags,
      positionals,
      mistakes: this.#mistakes,
    };
  }

  /** Joins `--file -`, which `parseArgs` takes for two things, to `--file=-`. */
  #withDashes(argv: readonly string[]): string[] {
    const takesDash = (i: number): boolean => {
      const option = this.#byFlag.get(/^--([^=]+)$/.exec(argv[i] ?? "")?.[1] ?? "")?.[1];
      return option !== undefined && !isSwitch(option) && argv[i + 1] === "-";
    };
    return argv.flatMap((arg, i) => takesDash(i) ? [`${arg}=-`] : takesDash(i - 1) ? [] : [arg]);
  }

  /**
   * Takes out what `parseArgs` would misread. No value of a flag can be among it: it never takes an
   * argument that begins with a dash for one.
   */
  #withoutMisuse(argv: readonly string[]): string[] {
    const kept = argv.filter((arg) => {
      const equals = arg.indexOf("=");
      if (!arg.startsWith("--") || equals === -1) return true;
      const name = arg.slice(2, equals);
      const value = arg.slice(equals + 1);
      const isNegation = name.startsWith("no-") && this.#byFlag.has(name.slice(3));
      const option = this.#byFlag.get(isNegation ? name.slice(3) : name)?.[1];
      if (option === undefined || !isSwitch(option)) return true;
      const takesWord = option.type === "boolean" && !isNegation;
      if (takesWord && (value === "true" || value === "false")) return true;
      const rule = takesWord ? "it must be true or false" : "it takes no value";
      this.#mistakes.push(`Cannot use "--${name}" as ${rule}: current value is ${quote(value)}`);
      return false;
    });
    const all = argv.map(nameOfFlag);
    for (const [flag, [, option]] of this.#byFlag) {
      if (option.type !== "boolean") continue;
      if (all.includes(flag) && all.includes(`no-${flag}`)) {
        this.#mistakes.push(
          `Cannot use "--${flag}" as "--no-${flag}" is given too: leave one of them out`,
        );
      }
    }
    return kept;
  }

  /** Takes out and counts the flags that only count. */
  #withoutCounts(argv: readonly string[]): string[] {
    const counts = new Map<string, number>();
    const kept = argv.filter((arg) => {
      const [name, option] = this.#byFlag.get(nameOfFlag(arg) ?? "") ?? [];
      if (name === undefined || option?.type !== "count") return true;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return false;
    });
    for (const [name, count] of counts) this.#flags.set(name, count);
    return kept;
  }

  #readFlags(parsed: Record<string, unknown>, given: ReadonlySet<string | undefined>): void {
    for (const [name, option] of this.#options) {
      const flag = option.flag?.slice(2);
      if (flag === undefined) continue;
      const value = parsed[flag];
      if (option.type === "boolean") {
        // `parseArgs` gives false for those that are not there.
        if (given.has(flag) || given.has(`no-${flag}`)) this.#flags.set(name, value);
      } else if (Array.isArray(value) && value.length > 0) {
        this.#readTexts(name, option, value.map(String));
      }
    }
  }

  #readTexts(name: string, option: OptionDeclaration, texts: readonly string[]): void {
    const flag = `"${option.flag}"`;
    const bare = "bare" in option ? option.bare : undefined;
    if (texts.includes("") && bare === undefined) {
      this.#mistakes.push(
        `Cannot use ${flag} as it has no value: write ${option.flag}=VALUE for one that begins with "-"`,
      );
    } else if (option.type === "strings") {
      const values = texts.map((text) => this.#accept(flag, text, checkText(option, text)));
      this.#flags.set(name, values);
    } else if (option.type !== "objects" && option.type !== "count" && option.type !== "rest") {
      const [text = ""] = texts;
      if (texts.length > 1) {
        this.#mistakes.push(
          `Cannot use ${flag} as it is given ${texts.length} times: leave all but one out`,
        );
      } else if (text === "") this.#flags.set(name, bare);
      else this.#flags.set(name, this.#accept(flag, text, readText(option, text)));
    }
  }

  #readPositionals(texts: readonly string[]): Map<string, unknown> {
    const places = this.#options
      .filter((entry): entry is [string, ScalarOption] => entry[1].positional !== undefined)
      .toSorted(([, a], [, b]) => (a.positional ?? 0) - (b.positional ?? 0));
    const values = new Map<string, unknown>();
    for (const [i, text] of texts.slice(0, places.length).entries()) {
      const [name, option] = places[i] as [string, ScalarOption];
      values.set(name, this.#accept(`argument ${i + 1}`, text, readText(option, text)));
    }
    for (const text of texts.slice(places.length)) {
      this.#mistakes.push(this.#refusedArgument(text, places.length));
    }
    return values;
  }

  #refusedArgument(text: string, places: number): string {
    const most = places === 1
      ? "1 argument without a flag is"
      : `${places} arguments without a flag are`;
    const rule = places === 0 ? "no argument without a flag is taken" : `at most ${most} taken`;
    const { placeholder } = this.#rest ?? {};
    const next = placeholder === undefined ? "see --help" : `write ${placeholder} behind "--"`;
    return `Cannot use argument ${quote(text)} as ${rule}: ${next}`;
  }

  #readConfig(value: unknown): string | undefined {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    this.#readTexts("", config, value.map(String));
    const path = this.#flags.get("");
    this.#flags.delete("");
    return typeof path === "string" ? path : undefined;
  }

  #accept<T>(what: string, text: string, result: ReadResult<T>): T | undefined {
    if ("value" in result) return result.value;
    this.#mistakes.push(`Cannot use ${what} as ${result.rule}: current value is ${quote(text)}`);
    return undefined;
  }

  #refuseUnknown(arg: string): void {
    const flag = arg.startsWith("--") ? arg.replace(/=.*$/s, "") : arg;
    const hint = nearestHint("flag", flag, this.#validFlags);
    this.#mistakes.push(`Cannot use ${quote(flag)} as there is no such flag: ${hint}`);
  }
}

/** Where the flags end: the index of the first `--`, or the length. */
function separator(argv: readonly string[]): number {
  const index = argv.indexOf("--");
  return index === -1 ? argv.length : index;
}

/** What stands between the dashes and the equals sign. */
function nameOfFlag(arg: string): string | undefined {
  return /^--([^=]+)/.exec(arg)?.[1];
}
