import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { retryKeyFile, tlsFilesOf } from "../../fleet/program_files.ts";
import { hostPaths } from "../../host_paths.ts";
import type { TlsFacts, TlsPath } from "../facts/tls.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { testAuthority, tlsFacts } from "../test_tls_facts.ts";
import { keyPermissions } from "./key_permissions.ts";

const issuedMs = 1_800_000_000_000;
const authority = await testAuthority(issuedMs);
const well = await tlsFacts(everyRoleHost, { authority, issuedMs });
const { keyFile } = tlsFilesOf("relay");

/** The facts with something else at a path. */
function changed(path: string, change: Partial<TlsPath>): Parameters<typeof onlyVerdict>[1] {
  const paths = { ...well.paths, [path]: { ...well.paths[path]!, ...change } };
  return { facts: { tls: { ...well, paths } } };
}

describe("the check of keys' permissions", () => {
  it("finds a host well whose keys are secret", () => {
    assertEquals(statuses(keyPermissions, { facts: { tls: well } }), [["", "ok"]]);
  });

  const cases: [what: string, path: string, change: Partial<TlsPath>, status: string][] = [
    ["a key that all may read", keyFile, { mode: 0o644 }, "critical"],
    ["a key that its group may read", retryKeyFile, { mode: 0o640 }, "critical"],
    ["a key that its program can't read", keyFile, { owner: "root" }, "warning"],
    ["a key that is a link", keyFile, { type: "link" }, "critical"],
    ["a directory that all may look into", hostPaths.tls, { mode: 0o755 }, "warning"],
    ["a directory of another group", hostPaths.config, { group: "root" }, "warning"],
  ];
  for (const [what, path, change, status] of cases) {
    it(`is ${status} for ${what}`, () => {
      const verdict = onlyVerdict(keyPermissions, changed(path, change));
      assertEquals([verdict.subject, verdict.status], [path, status]);
      assertMatch(verdict.remedy, /deno task deploy/);
    });
  }

  it("says what is there and what must be", () => {
    assertEquals(
      onlyVerdict(keyPermissions, changed(keyFile, { mode: 0o644 })).value,
      "mode 0644, ztna:ztna instead of mode 0600, ztna:ztna",
    );
  });

  it("finds missing keys, and names of a missing directory the directory alone", () => {
    const without = (...names: string[]): TlsFacts => ({
      ...well,
      paths: Object.fromEntries(
        Object.entries(well.paths).filter(([path]) => !names.includes(path)),
      ),
    });
    assertEquals(statuses(keyPermissions, { facts: { tls: without(keyFile) } }), [
      [keyFile, "critical"],
    ]);
    const none = { facts: { tls: { ...well, paths: {} } } };
    assertEquals(statuses(keyPermissions, none), [[hostPaths.config, "critical"]]);
  });
});
