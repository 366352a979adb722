import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { tlsFilesOf } from "../../fleet/program_files.ts";
import type { Drift, DriftedPart } from "../drift.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { testAuthority, tlsFacts } from "../test_tls_facts.ts";
import { configuration } from "./configuration.ts";

const nowMs = 1_800_000_000_000;
const authority = await testAuthority(nowMs);
const tls = await tlsFacts(everyRoleHost, { authority, issuedMs: nowMs });
const { certificateFile, keyFile } = tlsFilesOf("relay");

function part(subject: string, change: Partial<DriftedPart> = {}): DriftedPart {
  const text = `update ${subject}: contents`;
  return { subject, kind: "file", text, properties: ["contents"], ...change };
}

const drifted = (...parts: DriftedPart[]): Drift => ({ parts, pendingHandlers: [] });

describe("the check of the configuration", () => {
  it("finds a host well that is as a deploy would make it", () => {
    assertEquals(statuses(configuration, { drift: drifted() }), [["", "ok"]]);
  });

  it("warns of each part that differs, and says how to see the difference", () => {
    const verdict = onlyVerdict(configuration, { drift: drifted(part("/etc/ztna/relay.json")) });
    assertEquals([verdict.subject, verdict.status], ["/etc/ztna/relay.json", "warning"]);
    assertMatch(verdict.remedy, /deno task deploy .* --check --diff/);
  });

  it("says nothing where nothing was compared", () => {
    assertEquals(statuses(configuration, {}), []);
  });

  it("leaves it to whoever is at work", () => {
    const facts = { work: { worker: "alice@laptop (deploy)" } };
    const drift = drifted(part("/etc/ztna/relay.json"));
    assertEquals(statuses(configuration, { drift, facts }), [["", "ok"]]);
  });

  it("leaves certificates and keys to the checks that find them bad", () => {
    const bad = { ...tls, certificates: { ...tls.certificates, [certificateFile]: "garbage" } };
    const drift = drifted(part(certificateFile), part(keyFile));
    assertEquals(statuses(configuration, { drift, facts: { tls: bad } }), [["", "ok"]]);
    assertEquals(
      statuses(configuration, { drift: drifted(part(certificateFile)), facts: { tls } }),
      [[certificateFile, "warning"]],
      "but another good one than this machine has given is a difference",
    );
  });

  it("leaves units that don't run to their check, unless more is wrong with them", () => {
    const service = { kind: "service", properties: ["active"] } as const;
    assertEquals(statuses(configuration, { drift: drifted(part("a.service", service)) }), [
      ["", "ok"],
    ]);
    for (const properties of [["enabled", "active"], []]) {
      const drift = drifted(part("a.service", { ...service, properties }));
      assertEquals(statuses(configuration, { drift }), [["a.service", "warning"]]);
    }
  });
});
