import { shellQuote } from "../engine/connection/quote.ts";
import type { CompletionCommand } from "./completion_model.ts";

/**
 * The function `ztna`, for bash and zsh: runs a command of the checkout from any directory, so that
 * file names mean what they mean where one is.
 */
export function wrapperFunction(
  root: string,
  commands: readonly CompletionCommand[],
): readonly string[] {
  const cases = commands.flatMap(({ name, start }) => {
    if (start === undefined) return [];
    const words = start.slice(0, -1).join(" ");
    return [`    ${name}) shift; ${words} "$_ztna_checkout/${start.at(-1)}" "$@" ;;`];
  });
  return [
    `_ztna_checkout=${shellQuote(root)}`,
    "ztna() {",
    "  case ${1-} in",
    ...cases,
    '    *) deno task --config "$_ztna_checkout/deno.json" "$@" ;;',
    "  esac",
    "}",
  ];
}
