import { dirname } from "node:path";
import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { writeFileAtomically } from "../atomic_file.ts";
import type { FileChange } from "./generated_changes.ts";

/** A file that a Prometheus reads. */
export interface PrometheusFile {
  /** From the directory of `prometheus.yml`. */
  readonly path: string;
  readonly text: string;
  /** Nobody but its owner may read it. */
  readonly isSecret: boolean;
}

/**
 * Writes files where they differ; what else is in the directory is somebody else's.
 *
 * @param check Only looks.
 * @returns what has changed, or would.
 * @throws {ConfigError} when a file can't be read or written.
 */
export function writePrometheusFiles(
  directory: string,
  files: readonly PrometheusFile[],
  check: boolean,
): FileChange[] {
  return files.flatMap(({ path, text, isSecret }): FileChange[] => {
    const file = `${directory}/${path}`;
    try {
      const mode = isSecret ? 0o600 : 0o644;
      const before = readIfExists(file);
      // Somebody may have given it to the group of Prometheus, which is as it should be.
      const isOpen = isSecret && ((before?.mode ?? 0) & 0o007) !== 0;
      if (before?.text === text && !isOpen) return [];
      if (!check) {
        Deno.mkdirSync(dirname(file), { recursive: true });
        writeFileAtomically(file, text, mode);
      }
      return [{ path, change: before === undefined ? "created" : "updated" }];
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(
        `Cannot write the files of Prometheus as their place must be accessible ` +
          `(${quote(reason, 300)}): current value is ${quote(file, 300)}; mend that, or give ` +
          `another with "--out"`,
        { cause },
      );
    }
  });
}

function readIfExists(path: string): { text: string; mode: number } | undefined {
  try {
    return { text: Deno.readTextFileSync(path), mode: Deno.statSync(path).mode ?? 0 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
