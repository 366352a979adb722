/**
 * A laptop that is going to die: connects, takes a lock, and runs a script whose input never ends,
 * until it is killed. Started with the JSON text of a `LaptopTask`.
 */
import type { ConnectionSettings } from "../../ops/engine/connection/connection_settings.ts";
import { openConnection } from "../../ops/engine/connection/open_connection.ts";

/** What the laptop does. */
export interface LaptopTask {
  readonly settings: ConnectionSettings;
  readonly controlDirectory: string;
  readonly lockPath: string;
  readonly script: string;
  /** How many bytes of input the script gets before nothing comes any more; `undefined` gives none. */
  readonly inputLength?: number;
}

if (import.meta.main) {
  const task = JSON.parse(Deno.args[0]!) as LaptopTask;
  const { settings, controlDirectory, lockPath: path, script, inputLength } = task;
  const { signal } = new AbortController();
  const connection = await openConnection(settings, { signal, controlDirectory });
  const lock = { path, command: "test", owner: "laptop", waitSeconds: 0, force: false };
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(inputLength ?? 0)),
  });
  const input = { length: Number.MAX_SAFE_INTEGER, stream };
  await connection.run(script, {
    what: "test",
    lock,
    ...inputLength !== undefined && { input },
  });
}
