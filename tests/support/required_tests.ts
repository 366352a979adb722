/** Whether tests that can't run here must fail instead of being left out. */
const required = ["1", "true"].includes(Deno.env.get("CI") ?? "") ||
  Deno.env.get("ZTNA_REQUIRE_LAB") === "1";

/**
 * Why tests are left out, or `false` when they can run; for `describe`'s and `it`'s option `skip`.
 *
 * @param missing What is missing here, and how to get it: ends "Cannot run these tests as …".
 * @throws {Error} instead, where the environment says that they have to run: `CI` or
 *   `ZTNA_REQUIRE_LAB=1`.
 */
export function skipIf(isMissing: boolean, missing: string): string | false {
  if (!isMissing) return false;
  const reason = `Cannot run these tests as ${missing}`;
  if (required) throw new Error(reason);
  return reason;
}
