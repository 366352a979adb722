import { shellQuote } from "../../engine/connection/quote.ts";
import type { FleetHost } from "../../fleet/fleet.ts";

/**
 * A command for people that runs something on a host.
 *
 * @param words What runs there: several are a command with its arguments, a single one is a script.
 */
export function onHost({ name }: Pick<FleetHost, "name">, ...words: readonly string[]): string {
  return `deno task exec -i … ${shellWord(name)} -- ${words.map(shellWord).join(" ")}`;
}

/** A command for people that is about one host. @param command Such as `deploy`. */
export function forHost({ name }: Pick<FleetHost, "name">, command: string): string {
  return `deno task ${command} -i … --limit ${shellWord(name)}`;
}

/** Quoted where a shell would see more in it than the word: names may be a host's own texts. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuote(text);
}
