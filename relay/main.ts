/** The relay as a program: `deno task relay --help`. */

import { runProgram } from "../tunnel/program.ts";
import { readRelayCommand, relayProgram } from "./config.ts";
import { Relay } from "./relay.ts";

if (import.meta.main) {
  const { name } = relayProgram;
  Deno.exit(await runProgram({ name, read: readRelayCommand, start: Relay.start }, Deno.args));
}
