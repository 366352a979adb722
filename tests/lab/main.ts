import { runCommand } from "../../ops/command.ts";
import { runLabCommand } from "./command.ts";

await runCommand((context) => runLabCommand(Deno.args, context));
