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

  /** Changes a file. */
  edit(path: string, change: (text: string) => string): this {
    const file = `${this.root}/${path}`;
    Deno.writeTextFileSync(file, change(Deno.readTextFileSync(file)));
    return this;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
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
