import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { quote } from "../../../tunnel/printable.ts";
import { writeFileAtomically } from "../../atomic_file.ts";
import { download } from "./download.ts";
import { archiveUrl, authorizationFor, type NpmRegistry, packageUrl } from "./npm_registry.ts";
import type { LockedPackage } from "./package_lock.ts";
import { ReleaseError } from "./release_error.ts";

/** The largest archive that is fetched, in bytes; Deno's has 42 MB. */
const maxArchiveBytes = 256 * 1024 * 1024;
/** The largest description of a package that is read, in bytes; it has all versions ever made. */
const maxDescriptionBytes = 64 * 1024 * 1024;

/** Called as bytes of a package come in; the total is not always known. */
export type FetchProgress = (
  packageName: string,
  receivedBytes: number,
  totalBytes: number | undefined,
) => void;

/** How a package is fetched. */
export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: FetchProgress | undefined;
}

/** Archives of npm packages, each kept under the hash that the lock file pins it to. */
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
  pathOf({ integrity }: LockedPackage): string {
    const digest = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
    return `${this.#directory}/${digest}.tgz`;
  }

  /**
   * A package's archive, fetched if need be, and checked against the lock file every time.
   *
   * @throws {ReleaseError} when it is not to be had, or is not what the lock file says.
   */
  async get(locked: LockedPackage, options: FetchOptions): Promise<Uint8Array> {
    const path = this.pathOf(locked);
    const kept = await readIfThere(path);
    if (kept !== undefined && integrityOf(kept) === locked.integrity) return kept;
    const fetched = await this.#fetch(locked, options);
    const found = integrityOf(fetched);
    if (found !== locked.integrity) {
      throw new ReleaseError(
        `Cannot use the package ${label(locked)} as the lock file pins it to ` +
          `${quote(locked.integrity)}: current value is ${quote(found)}; the registry ` +
          `${quote(this.#registry.url)} has another one, so find out why before you trust it`,
      );
    }
    writeFileAtomically(path, fetched);
    return fetched;
  }

  async #fetch(locked: LockedPackage, options: FetchOptions): Promise<Uint8Array> {
    const { name, version } = locked;
    const fromUsualPlace = await this.#download(
      archiveUrl(this.#registry, name, version),
      locked,
      options,
    );
    if (fromUsualPlace !== undefined) return fromUsualPlace;
    // Some registries keep archives elsewhere, and say so in the package's description.
    const url = await this.#archiveUrlInDescription(locked, options.signal);
    const fromElsewhere = url && await this.#download(url, locked, options);
    if (fromElsewhere) return fromElsewhere;
    throw new ReleaseError(
      `Cannot fetch the package ${label(locked)} as the npm registry must have it: current value ` +
        `of the registry is ${quote(this.#registry.url)}, which does not; set ` +
        `"NPM_CONFIG_REGISTRY" or ".npmrc" to one that does`,
    );
  }

  #download(
    url: string,
    locked: LockedPackage,
    { signal, onProgress }: FetchOptions,
  ): Promise<Uint8Array | undefined> {
    return download(url, {
      authorization: authorizationFor(this.#registry, url),
      maxBytes: maxArchiveBytes,
      signal,
      onProgress: (received, total) =>
        onProgress?.(`${locked.name}@${locked.version}`, received, total),
    });
  }

  async #archiveUrlInDescription(
    { name, version }: LockedPackage,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const url = packageUrl(this.#registry, name);
    const authorization = authorizationFor(this.#registry, url);
    const description = await download(url, {
      authorization,
      maxBytes: maxDescriptionBytes,
      signal,
    });
    try {
      const { versions } = JSON.parse(new TextDecoder().decode(description)) as {
        versions?: Record<string, { dist?: { tarball?: unknown } }>;
      };
      const archive = versions?.[version]?.dist?.tarball;
      return typeof archive === "string" && /^https?:\/\//.test(archive) ? archive : undefined;
    } catch {
      return undefined; // It is no description.
    }
  }
}

function label({ name, version }: LockedPackage): string {
  return quote(`${name}@${version}`);
}

function integrityOf(archive: Uint8Array): string {
  return `sha512-${createHash("sha512").update(archive).digest("base64")}`;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
