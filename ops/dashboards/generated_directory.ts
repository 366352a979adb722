import { dirname } from "node:path";
import type { GeneratedFile } from "../../dashboards/generated_file.ts";
import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { writeFileAtomically } from "../atomic_file.ts";
import { type FileChange, generatedChanges } from "./generated_changes.ts";

/** Nothing in here is written by hand: what is not generated any more is removed. */
const generatedRoot = "dashboards/generated";

/** The generated files as they are beneath a directory. */
export class GeneratedDirectory {
  readonly #root: string;

  /** @param root The checkout, or a directory with the same paths in it. */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * What would change.
   *
   * @throws {ConfigError} when files can't be read.
   */
  changes(files: readonly GeneratedFile[]): FileChange[] {
    const paths = new Set([...files.map(({ path }) => path), ...this.#paths(generatedRoot)]);
    const existing = new Map<string, string>();
    for (const path of paths) {
      const text = this.#read(path);
      if (text !== undefined) existing.set(path, text);
    }
    return generatedChanges(files, existing);
  }

  /**
   * Makes changes, each in one step.
   *
   * @throws {ConfigError} when a file can't be written; what was written until then is complete.
   */
  apply(files: readonly GeneratedFile[], changes: readonly FileChange[]): void {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    for (const { path, change } of changes) {
      const file = `${this.#root}/${path}`;
      attempt("write", file, () => {
        if (change === "removed") return Deno.removeSync(file);
        Deno.mkdirSync(dirname(file), { recursive: true });
        writeFileAtomically(file, texts.get(path)!);
      });
    }
  }

  /** All files beneath a directory; links are not followed. */
  #paths(directory: string): string[] {
    const entries = attempt("read", `${this.#root}/${directory}`, () => {
      try {
        return [...Deno.readDirSync(`${this.#root}/${directory}`)];
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      }
    });
    return entries.flatMap(({ name, isDirectory }) =>
      isDirectory ? this.#paths(`${directory}/${name}`) : [`${directory}/${name}`]
    );
  }

  #read(path: string): string | undefined {
    const file = `${this.#root}/${path}`;
    return attempt("read", file, () => {
      try {
        // A link, wherever it points, is none of the generated files.
        if (Deno.lstatSync(file).isSymlink) return "";
        return Deno.readTextFileSync(file);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    });
  }
}

function attempt<T>(what: "read" | "write", file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `Cannot ${what} generated files as their place must be accessible (${quote(reason, 300)}): ` +
        `current value is ${quote(file, 300)}; mend that, or give another with "--out"`,
      { cause: error },
    );
  }
}
