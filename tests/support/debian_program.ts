import { existsSync } from "node:fs";
import { skipIf } from "./required_tests.ts";

/**
 * Why tests that need a program of a Debian package are left out here, or `false` when it is there.
 *
 * @throws instead, where the environment says that they have to run (see `skipIf`), and there are
 *   Debian packages at all.
 */
export function skipWithout(file: string, debianPackage: string): string | false {
  const isMissing = !existsSync(file);
  const missing = `${file} is missing: run "apt-get install ${debianPackage}"`;
  if (Deno.build.os === "linux") return skipIf(isMissing, missing);
  return isMissing && `Cannot run these tests as ${missing}`;
}
