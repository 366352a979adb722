import { quote } from "../printable.ts";
import type { OptionDeclaration } from "./declaration.ts";

/** Arguments in which long flags stand for short ones. */
export interface LongArguments {
  readonly argv: readonly string[];
  /** One message for each mistake. */
  readonly mistakes: readonly string[];
}

/** Whether a flag of the option stands alone, without a value behind it. */
export function isSwitch({ type }: Pick<OptionDeclaration, "type">): boolean {
  return type === "boolean" || type === "count";
}

/**
 * Writes the long flag for every short one: `-i FILE` becomes `--inventory FILE`, and `-vvK` becomes
 * three flags. An argument none of whose letters is known stays, for the message about unknown flags.
 *
 * @param argv What stands in front of `--`.
 * @param byShort Options by the letter of their short flags.
 */
export function expandShortFlags(
  argv: readonly string[],
  byShort: ReadonlyMap<string, OptionDeclaration>,
): LongArguments {
  const mistakes: string[] = [];
  const expanded = argv.flatMap((arg): string[] => {
    if (!/^-[^-]/.test(arg)) return [arg];
    const letters = [...arg.slice(1)];
    const options = letters.map((letter) => byShort.get(letter));
    const [first] = options;
    if (first === undefined) return [arg];
    if (letters.length > 1 && !isSwitch(first)) {
      mistakes.push(
        `Cannot use ${quote(arg)} as the value of "-${letters[0]}" stands apart from it: ` +
          `write "-${letters[0]} VALUE"`,
      );
      return [];
    }
    const wrong = letters.find((_, i) => {
      const option = options[i];
      return option === undefined || !isSwitch(option);
    });
    if (letters.length > 1 && wrong !== undefined) {
      const rule = byShort.has(wrong) ? "takes a value" : "is no flag";
      mistakes.push(
        `Cannot use ${quote(arg)} as ${quote(`-${wrong}`)} ${rule}: write each flag for itself`,
      );
      return [];
    }
    return options.map((option) => option?.flag ?? arg);
  });
  return { argv: expanded, mistakes };
}
