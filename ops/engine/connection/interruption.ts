import { ScriptTimeoutError } from "../errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import type { RunOptions } from "./connection.ts";

/** What ends a script before its own end: its signal, or its time. */
export class Interruption implements Disposable {
  readonly #signal: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #interrupted = Promise.withResolvers<never>();

  constructor(host: string, { signal, timeoutMs, what }: RunOptions) {
    this.#interrupted.promise.catch(() => {});
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      const message = `Cannot wait longer for ${quote(what)} on ${quote(host)} as it must end ` +
        `within ${timeoutMs / 1000} s: it was ended`;
      this.#interrupted.reject(new ScriptTimeoutError(message));
    }, timeoutMs);
  }

  /** Rejects with the signal's reason, or with a `ScriptTimeoutError`. */
  get interrupted(): Promise<never> {
    return this.#interrupted.promise;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#interrupted.reject(this.#signal?.reason);
}
