import { ConfigError } from "../tunnel/errors.ts";
import type { OptionDeclarations } from "../tunnel/options.ts";
import { quote } from "../tunnel/printable.ts";

/** One of the things that a command does, by its first argument or a flag. */
export interface CommandMode<Name extends string> {
  /** How messages call it: `"preview"`, `generating`. */
  readonly title: string;
  /** Names of the options that mean something to it. */
  readonly options: readonly Name[];
  /** What the command does when nothing else is asked for. */
  readonly isDefault?: true;
}

/**
 * Refuses flags that a mode would ignore.
 *
 * @param declarations Options of the whole command.
 * @param sources Where each value came from.
 * @throws {ConfigError} with one line for each such flag.
 */
export function refuseOtherModes<Name extends string, Mode extends string>(
  declarations: OptionDeclarations,
  modes: Readonly<Record<Mode, CommandMode<Name>>>,
  mode: Mode,
  sources: Readonly<Record<Name, string>>,
): void {
  const names = Object.keys(sources) as Name[];
  const { title, options, isDefault = false } = modes[mode];
  const wrong = names.filter((name) => sources[name] === "flag" && !options.includes(name));
  if (wrong.length === 0) return;
  const mistakes = wrong.map((name) => {
    const option = declarations[name];
    const flag = option !== undefined && "flag" in option ? option.flag! : name;
    const places = Object.values<CommandMode<Name>>(modes)
      .filter((other) => other.options.includes(name)).map((other) => other.title).join(" and ");
    const here = isDefault ? "" : ` with ${title}`;
    return `Cannot use ${quote(flag)}${here} as it belongs to ${places}: leave it out`;
  });
  throw new ConfigError(mistakes.join("\n"));
}
