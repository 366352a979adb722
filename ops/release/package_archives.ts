import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Backoff } from "../../tunnel/backoff.ts";
import { quote } from "../../tunnel/printable.ts";
import { archiveUrl, authorizationFor, type NpmRegistry, packageUrl } from "./npm_registry.ts";
import type { LockedPackage } from "./package_lock.ts";
import { ReleaseError } from "./release_error.ts";

/** The largest archive that is fetched, in bytes; Deno's has 42 MB. */
const maxArchiveBytes = 256 * 1024 * 1024;
/** The largest description of a package that is read, in bytes; some have hundreds of versions. */
const maxDescriptionBytes = 64 * 1024 * 1024;
/** How often a fetch is tried when the network fails. */
const maxAttempts = 3;
/** A registry that sends nothing for so long is given up. */
const stallTimeoutMs = 30_000;

/** Called as bytes of an archive come in. */
export type FetchProgress = (name: string, receivedBytes: number, totalBytes?: number) => void;

/** Archives of npm packages, each kept by the hash that the lock file pins. */
export class PackageArchives {
  readonly #directory: string;
  readonly #registry: NpmRegistry;

  /** @param directory For the archives; it is made. */
  constructor(directory: string, registry: NpmRegistry) {
    this.#directory = directory;
    this.#registry = registry;
    Deno.mkdirSync(directory, { recursive: true });
  }

  /** Where a package's archive is kept. */
  pathOf(locked: LockedPackage): string {
    const digest = Buffer.from(locked.integrity.replace("sha512-", ""), "base64").toString("hex");
    return `${this.#directory}/${digest}.tgz`;
  }

  /**
   * A package's archive, fetched if it is not there, and checked against the lock file each time.
   *
   * @throws {ReleaseError} when it is not to be had, or is not what the lock file says.
   */
  async get(
    locked: LockedPackage,
    options: { readonly signal?: AbortSignal; readonly onProgress?: FetchProgress } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const path = this.pathOf(locked);
    const kept = await readIfThere(path);
    if (kept !== undefined && integrityOf(kept) === locked.integrity) return kept;
    const fetched = await this.#fetch(locked, options);
    const found = integrityOf(fetched);
    if (found !== locked.integrity) {
      throw new ReleaseError(
        `Cannot use the package ${label(locked)} as the lock file pins it to ` +
          `${locked.integrity}: current value is ${found}; the registry ` +
          `${quote(this.#registry.url)} has another one, so don't trust it before you know why`,
      );
    }
    const temporary = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      await Deno.writeFile(temporary, fetched, { createNew: true });
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
    return fetched;
  }

  async #fetch(
    locked: LockedPackage,
    { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: FetchProgress },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { name, version } = locked;
    const report = (received: number, total?: number): void =>
      onProgress?.(`${name}@${version}`, received, total);
    const url = archiveUrl(this.#registry, name, version);
    const archive = await this.#download(url, maxArchiveBytes, signal, report);
    if (archive !== undefined) return archive;
    // Some registries keep archives elsewhere, and say so in the package's description.
    const where = packageUrl(this.#registry, name);
    const description = await this.#download(where, maxDescriptionBytes, signal);
    const elsewhere = description === undefined ? undefined : tarballOf(description, version);
    const found = elsewhere === undefined
      ? undefined
      : await this.#download(elsewhere, maxArchiveBytes, signal, report);
    if (found !== undefined) return found;
    throw new ReleaseError(
      `Cannot fetch the package ${label(locked)} as the npm registry must have it: current value ` +
        `of the registry is ${quote(this.#registry.url)}, which does not; set ` +
        `"NPM_CONFIG_REGISTRY" or ".npmrc" to one that does`,
    );
  }

  /** @returns `undefined` when there is no such thing. */
  async #download(
    url: string,
    maxBytes: number,
    signal: AbortSignal | undefined,
    report?: (received: number, total?: number) => void,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const backoff = new Backoff({ baseMs: 500, maxMs: 5_000, random: Math.random });
    for (;;) {
      try {
        return await this.#attempt(url, maxBytes, signal, report);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ReleaseError) throw error;
        const delayMs = backoff.next();
        if (backoff.attempts >= maxAttempts) {
          throw new ReleaseError(
            `Cannot fetch ${quote(url)} as the npm registry must be reachable from here: ` +
              `${error instanceof Error ? error.message : String(error)}; the registry is what ` +
              `"NPM_CONFIG_REGISTRY" or ".npmrc" says, a proxy what "HTTPS_PROXY" says`,
            { cause: error },
          );
        }
        await pause(delayMs, signal);
      }
    }
  }

  async #attempt(
    url: string,
    maxBytes: number,
    signal: AbortSignal | undefined,
    report?: (received: number, total?: number) => void,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const stalled = new AbortController();
    const stall = (): void =>
      stalled.abort(new Error(`nothing came for ${stallTimeoutMs / 1000} s`));
    let timer = setTimeout(stall, stallTimeoutMs);
    try {
      const authorization = authorizationFor(this.#registry, url);
      const response = await fetch(url, {
        headers: authorization === undefined ? {} : { authorization },
        signal: signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        if (response.status === 404) return undefined;
        const message = `it answers ${response.status} ${quote(response.statusText)}`;
        if (response.status >= 500 || response.status === 429) throw new Error(message);
        throw new ReleaseError(
          `Cannot fetch ${quote(url)} as the npm registry must give it to us: ${message}; is the ` +
            `token in ".npmrc" right?`,
        );
      }
      const length = Number(response.headers.get("content-length") ?? NaN);
      const chunks: Uint8Array[] = [];
      let received = 0;
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(stall, stallTimeoutMs);
        received += chunk.length;
        if (received > maxBytes) {
          throw new ReleaseError(
            `Cannot fetch ${quote(url)} as it must have at most ${maxBytes} bytes: current value ` +
              `is more`,
          );
        }
        chunks.push(chunk);
        report?.(received, Number.isFinite(length) ? length : undefined);
      }
      return join(chunks, received);
    } finally {
      clearTimeout(timer);
    }
  }
}

function label({ name, version }: LockedPackage): string {
  return quote(`${name}@${version}`);
}

function integrityOf(archive: Uint8Array): string {
  return `sha512-${createHash("sha512").update(archive).digest("base64")}`;
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Where a package's description says that the archive of a version is. */
function tarballOf(description: Uint8Array, version: string): string | undefined {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(description)) as {
      versions?: Record<string, { dist?: { tarball?: unknown } }>;
    };
    const tarball = parsed.versions?.[version]?.dist?.tarball;
    return typeof tarball === "string" && /^https?:\/\//.test(tarball) ? tarball : undefined;
  } catch {
    return undefined;
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
