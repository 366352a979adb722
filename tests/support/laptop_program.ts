// deno-lint-ignore-file no-console -- a program: what it prints is its result
/**
 * A laptop to which something is going to happen: connects, takes a lock, and runs a script, until
 * it is killed or interrupted. Started with the JSON text of a `LaptopTask`.
 */
import type { ConnectionSettings } from "../../ops/engine/connection/connection_settings.ts";
import { openConnection } from "../../ops/engine/connection/open_connection.ts";

/** What the laptop does. */
export interface LaptopTask {
  readonly settings: ConnectionSettings;
  readonly controlDirectory: string;
  readonly lockPath: string;
  readonly script: string;
  /** How many bytes of input come before no more do, without an end; `undefined` gives no input. */
  readonly inputLength?: number;
}

/** Its command line. */
export function laptopCommand(task: LaptopTask): string[] {
  const program = new URL(import.meta.url).pathname;
  return [Deno.execPath(), "run", "-A", "--no-check", program, JSON.stringify(task)];
}

if (import.meta.main) {
  const task = JSON.parse(Deno.args[0]!) as LaptopTask;
  const { settings, controlDirectory, lockPath: path, script, inputLength } = task;
  const interruption = new AbortController();
  Deno.addSignalListener("SIGINT", () => interruption.abort("an interruption"));
  const { signal } = interruption;
  await using connection = await openConnection(settings, { signal, controlDirectory });
  const lock = { path, command: "test", owner: "laptop", waitSeconds: 0, force: false };
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(inputLength ?? 0)),
  });
  const input = { length: Number.MAX_SAFE_INTEGER, stream };
  const options = { what: "test", lock, signal, ...inputLength !== undefined && { input } };
  await connection.run(script, options).catch((reason) => console.log(`Ended by ${reason}`));
  console.log((await connection.run("echo The host is there", { what: "test" })).stdout);
  Deno.exitCode = 130;
}
