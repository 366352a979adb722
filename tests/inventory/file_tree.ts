import { dirname } from "node:path";

/** A directory with files that a test needs; gone with its scope. */
export class FileTree implements Disposable {
  /** Absolute, without `/` at its end. */
  readonly directory: string;

  /** @param files Contents by path. A text that begins with `#!` becomes executable. */
  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    this.directory = Deno.makeTempDirSync({ prefix: "ztna-inventory-" });
    for (const [name, contents] of Object.entries(files)) {
      const path = this.path(name);
      Deno.mkdirSync(dirname(path), { recursive: true });
      const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
      Deno.writeFileSync(path, bytes);
      if (typeof contents === "string" && contents.startsWith("#!")) Deno.chmodSync(path, 0o755);
    }
  }

  path(name: string): string {
    return `${this.directory}/${name}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}
