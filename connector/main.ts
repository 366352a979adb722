/** The connector as a program: `deno task connector --help`. */

import { runProgram } from "../tunnel/program.ts";
import { connectorProgram, readConnectorCommand } from "./config.ts";
import { Connector } from "./connector.ts";

if (import.meta.main) {
  const { name } = connectorProgram;
  Deno.exit(
    await runProgram({ name, read: readConnectorCommand, start: Connector.start }, Deno.args),
  );
}
