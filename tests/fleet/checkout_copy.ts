import { assertStringIncludes } from "@std/assert";
import { checkout } from "../../ops/checkout.ts";

/** What commands and releases are made of. */
const parts = [
  ...["relay", "connector", "tunnel", "ops", "deploy"],
  ...["deno.json", "deno.lock", ".tool-versions", "LICENSE", "std.d.ts"],
];

/**
 * A copy of this checkout, from which commands run as they do from here: what is changed in it makes
 * another release.
 */
export class CheckoutCopy implements Disposable {
  readonly root: string = Deno.makeTempDirSync({ prefix: "ztna-checkout-" });

  constructor() {
    for (const part of parts) copy(part, this.root);
  }

  /** A copy whose release is another one, but does the same. */
  static ofAnotherRelease(): CheckoutCopy {
    return new CheckoutCopy().edit("relay/main.ts", "\n", "\n// another release\n");
  }

  /** Replaces the first occurrence of a text, which must be there, in a file. */
  edit(path: string, text: string, replacement: string): this {
    const file = `${this.root}/${path}`;
    const before = Deno.readTextFileSync(file);
    assertStringIncludes(before, text, `${path} has changed`);
    Deno.writeTextFileSync(file, before.replace(text, () => replacement));
    return this;
  }

  /** Removes it, and what Deno has kept of it in its own cache. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
    const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
    const { typescriptCache } = JSON.parse(new TextDecoder().decode(stdout));
    try {
      Deno.removeSync(`${typescriptCache}/file${this.root}`, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // no command has run from it
    }
  }
}

function copy(path: string, root: string): void {
  const from = `${checkout}/${path}`;
  if (Deno.statSync(from).isFile) return Deno.copyFileSync(from, `${root}/${path}`);
  Deno.mkdirSync(`${root}/${path}`);
  for (const { name } of Deno.readDirSync(from)) {
    if (name !== "node_modules" && !name.endsWith("_test.ts")) copy(`${path}/${name}`, root);
  }
}
