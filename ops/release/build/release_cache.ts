import { createHash } from "node:crypto";
import { writeFileAtomically } from "../../atomic_file.ts";
import type { Archive, Release } from "../release.ts";

/** Builds that are kept, so that going back and forth between branches costs nothing. */
const keptBuilds = 20;
/** An archive and a description. */
const filesPerBuild = 2;

/** A release as the cache describes it: without the places of its archives. */
interface CachedRelease extends Omit<Release, "archive" | "runtime"> {
  readonly archive: Omit<Archive, "file">;
  readonly runtime: Omit<Archive, "file">;
}

/** Releases that were built before, by what they were built from. */
export class ReleaseCache {
  readonly #directory: string;

  /** @param directory For the releases; it is made. */
  constructor(directory: string) {
    this.#directory = directory;
    Deno.mkdirSync(directory, { recursive: true });
  }

  /** Where the archive of a release is, when it is there. */
  archiveFile(sha256: string): string {
    return `${this.#directory}/${sha256}.tar.gz`;
  }

  /**
   * A release that was built from these inputs, its archive verified.
   *
   * @param inputs Digest of what it was built from.
   * @param runtimeFile Where the archive of its runtime is.
   * @returns `undefined` when there is none, or it has suffered.
   */
  find(inputs: string, runtimeFile: string): Release | undefined {
    try {
      const text = Deno.readTextFileSync(this.#descriptionFile(inputs));
      const cached = JSON.parse(text) as CachedRelease;
      const { archive, runtime } = cached;
      const file = this.archiveFile(archive.sha256);
      if (sha256Of(Deno.readFileSync(file)) !== archive.sha256) return undefined;
      return {
        ...cached,
        archive: { ...archive, file },
        runtime: { ...runtime, file: runtimeFile },
      };
    } catch (error) {
      // Not there, half there or not ours: it is built again.
      if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** Keeps a release and the bytes of its archive. Two builds at once keep the same. */
  keep(inputs: string, release: Release, archive: Uint8Array): void {
    const { archive: { file: _archiveFile, ...described }, runtime } = release;
    const { file: _runtimeFile, ...describedRuntime } = runtime;
    const cached: CachedRelease = { ...release, archive: described, runtime: describedRuntime };
    writeFileAtomically(this.archiveFile(release.archive.sha256), archive);
    writeFileAtomically(this.#descriptionFile(inputs), `${JSON.stringify(cached, undefined, 2)}\n`);
    this.#forgetOld();
  }

  #descriptionFile(inputs: string): string {
    return `${this.#directory}/${inputs}.json`;
  }

  /** Removes the oldest builds, and what builds that were interrupted have left. */
  #forgetOld(): void {
    const files = [...Deno.readDirSync(this.#directory)].flatMap(({ name }) => {
      const path = `${this.#directory}/${name}`;
      return ifThere(() => [{ path, modifiedMs: Deno.statSync(path).mtime?.getTime() ?? 0 }]) ?? [];
    });
    files.sort((a, b) => b.modifiedMs - a.modifiedMs);
    for (const { path } of files.slice(filesPerBuild * keptBuilds)) {
      ifThere(() => Deno.removeSync(path));
    }
  }
}

/** Does something with a file that another build may have removed meanwhile. */
function ifThere<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** In hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
