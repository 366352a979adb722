import { ConfigError } from "../../tunnel/errors.ts";
import type { EventSink } from "../engine/run/event.ts";

/** Writes every event of a run to a file, one JSON object per line (`--events FILE`). */
export class EventFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();

  /**
   * Begins the file anew, readable by its owner only: scripts and output may tell a lot.
   *
   * @throws {ConfigError} when it can't be written.
   */
  constructor(path: string) {
    try {
      this.#file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConfigError(
        `Cannot use "--events" as the file can't be written (${reason}): current value is ` +
          JSON.stringify(path),
      );
    }
  }

  /** The sink. @throws what the file system says. */
  readonly sink: EventSink = (event) => {
    const bytes = this.#encoder.encode(`${JSON.stringify(event)}\n`);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  };

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
