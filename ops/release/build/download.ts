import { Backoff } from "../../../tunnel/backoff.ts";
import { quote } from "../../../tunnel/printable.ts";
import { pause } from "../../waiting.ts";
import { ReleaseError } from "./release_error.ts";

/** How often a download is tried while the network or the server fails. */
const maxAttempts = 3;
/** A server that sends nothing for so long is given up. */
const stallTimeoutMs = 30_000;

/** How something is downloaded. */
export interface DownloadOptions {
  /** Value of the header `Authorization`. */
  readonly authorization: string | undefined;
  /** Largest body that is taken, in bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Called as bytes come in; the total is not always known. */
  readonly onProgress?: (receivedBytes: number, totalBytes: number | undefined) => void;
  /** For tests; {@linkcode stallTimeoutMs} by default. */
  readonly stallTimeoutMs?: number;
}

/**
 * Fetches a file from an npm registry, again if the network or the server fails.
 *
 * @returns `undefined` when the server has no such file.
 * @throws {ReleaseError} when it is not to be had.
 */
export async function download(
  url: string,
  options: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const backoff = new Backoff({ baseMs: 500, maxMs: 5_000, random: Math.random });
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return await attempt(url, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof ReleaseError) throw error;
      const delayMs = backoff.next();
      if (backoff.attempts >= maxAttempts) throw unreachable(url, error);
      await pause(delayMs, options.signal);
    }
  }
}

async function attempt(
  url: string,
  options: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  using stall = new StallGuard(options.stallTimeoutMs ?? stallTimeoutMs);
  const response = await fetch(url, {
    headers: options.authorization === undefined ? {} : { authorization: options.authorization },
    signal: AbortSignal.any([options.signal, stall.signal]),
  });
  if (!response.ok) {
    await response.body?.cancel();
    return refused(url, response);
  }
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of response.body ?? []) {
    stall.reset();
    received += chunk.length;
    if (received > options.maxBytes) {
      throw new ReleaseError(
        `Cannot fetch ${quote(url)} as it must have at most ${options.maxBytes} bytes: current ` +
          `value is more`,
      );
    }
    chunks.push(chunk);
    options.onProgress?.(received, total);
  }
  return joined(chunks, received);
}

/** @returns `undefined` for "not found"; throws otherwise. */
function refused(url: string, { status, statusText }: Response): undefined {
  if (status === 404) return undefined;
  const answer = `the answer is ${status} ${quote(statusText)}`;
  // Worth another attempt: the server is busy, or not well.
  if (status >= 500 || status === 429) throw new Error(answer);
  throw new ReleaseError(
    `Cannot fetch ${quote(url)} as the npm registry must let us: ${answer}; is there a valid ` +
      `token for it in ".npmrc"?`,
  );
}

function unreachable(url: string, error: unknown): ReleaseError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ReleaseError(
    `Cannot fetch ${quote(url)} as the npm registry must be reachable from here: ` +
      `${quote(reason, 300)}; the registry is set by "NPM_CONFIG_REGISTRY" or ".npmrc", a proxy ` +
      `by "HTTPS_PROXY"`,
    { cause: error },
  );
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Aborts when it has not been reset for a while. */
class StallGuard {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(
      () => this.#controller.abort(new Error(`nothing came for ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    );
  }
}
