import { existsSync } from "node:fs";

/**
 * Why tests that need a program of a Debian package are left out here, or `false` when it is there.
 *
 * @throws instead, where the environment says that they have to run: `CI=1` or `ZTNA_REQUIRE_LAB=1`.
 */
export function skipWithout(file: string, debianPackage: string): string | false {
  if (existsSync(file)) return false;
  const reason =
    `Cannot run these tests as ${file} is missing: run "apt-get install ${debianPackage}"`;
  if (Deno.env.get("CI") === "1" || Deno.env.get("ZTNA_REQUIRE_LAB") === "1") {
    throw new Error(reason);
  }
  return reason;
}
