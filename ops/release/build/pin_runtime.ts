/**
 * Pins the Deno that releases run on: `deno run -A ops/release/build/pin_runtime.ts`. Asks the npm
 * registry for the hashes of the version in `.tool-versions`, and writes them into `runtime.lock`.
 * They are not in `deno.lock`, or Deno would fetch itself once more on every machine.
 */

import { checkout } from "../../checkout.ts";

const [, version] = /^deno +(\S+)/m.exec(Deno.readTextFileSync(`${checkout}/.tool-versions`)) ?? [];
const directory = Deno.makeTempDirSync({ prefix: "ztna-pin-" });
try {
  const imports = { deno: `npm:deno@${version}` };
  Deno.writeTextFileSync(`${directory}/deno.json`, JSON.stringify({ imports }));
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--lockfile-only"],
    cwd: directory,
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
  Deno.copyFileSync(`${directory}/deno.lock`, `${checkout}/ops/release/build/runtime.lock`);
} finally {
  Deno.removeSync(directory, { recursive: true });
}
