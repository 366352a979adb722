import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { authorityFile, tlsFilesOf } from "../../fleet/program_files.ts";
import type { TlsFacts } from "../facts/tls.ts";
import type { Verdict } from "../finding.ts";
import { testView } from "../test_view.ts";
import { testAuthority, tlsFacts } from "../test_tls_facts.ts";
import { certificate } from "./certificate.ts";

const nowMs = 1_800_000_000_000;
const day = 86_400_000;
const authority = await testAuthority(nowMs - 100 * day);
const another = await testAuthority(nowMs - 100 * day);
const well = await tlsFacts(everyRoleHost, { authority, issuedMs: nowMs });
const relay = tlsFilesOf("relay");

function verdicts(
  tls: TlsFacts,
  options: { readonly authorityPem?: string; readonly now?: number } = {},
): Verdict[] {
  const { authorityPem, now = nowMs } = options;
  const facts = { tls, clock: { nowMs: now, bootId: "b" } };
  return [...certificate.evaluate(testView({ facts, authority: authorityPem }))];
}

/** What is said of the relay's certificate when the facts are changed. */
function ofRelay(change: Partial<TlsFacts>, now = nowMs): Verdict {
  return verdicts({ ...well, ...change }, { now }).find(({ subject }) => subject === "relay")!;
}

const withRelay = (text: string): Partial<TlsFacts> => ({
  certificates: { ...well.certificates, [relay.certificateFile]: text },
});

describe("the check of certificates", () => {
  it("finds a host well whose certificates are all as they were issued", () => {
    const found = verdicts(well, { authorityPem: authority.certificatePem });
    assertEquals(found.map(({ subject, status }) => [subject, status]), [
      ["authority", "ok"],
      ["relay", "ok"],
      ["connector", "ok"],
      ["metrics", "ok"],
    ]);
    assertMatch(found[1]!.value, /^expires on 2028-01-15, in 365 days$/);
  });

  for (const [left, status] of [[22, "ok"], [21, "warning"], [3, "critical"]] as const) {
    it(`is ${status} with ${left} days left`, () => {
      const { status: found, measure } = ofRelay({}, nowMs + (365 - left) * day);
      assertEquals([found, measure?.value], [status, left * 86_400]);
    });
  }

  it("finds one critical that has expired, or is not valid yet by the host's clock", () => {
    assertEquals(ofRelay({}, nowMs + 365 * day).value, "expired on 2028-01-15");
    const early = ofRelay({}, nowMs - day);
    assertEquals(early.status, "critical");
    assertMatch(early.remedy, /^Set the host's clock/);
  });

  it("finds one critical of another authority", async () => {
    const other = await tlsFacts(everyRoleHost, { authority: another, issuedMs: nowMs });
    const { value, remedy } = ofRelay(withRelay(other.certificates[relay.certificateFile]!));
    assertMatch(value, /is not issued by the authority in \/etc\/ztna\/tls\/ca\.pem/);
    assertMatch(remedy, /deno task deploy/);
  });

  it("finds one critical that is missing, is none, lacks names, or has another's key", () => {
    const missing = { ...well.certificates };
    delete missing[relay.certificateFile];
    const cases: [Partial<TlsFacts>, RegExp][] = [
      [{ certificates: missing }, /is missing$/],
      [withRelay("garbage"), /is no certificate$/],
      [withRelay(well.certificates[tlsFilesOf("connector").certificateFile]!), /lacks ztna-server/],
      [{ publicKeys: { [relay.keyFile]: "AAAA" } }, /relay\.key is not its key/],
    ];
    for (const [change, value] of cases) {
      const found = ofRelay(change);
      assertEquals(found.status, "critical");
      assertMatch(found.value, value);
    }
  });

  it("passes over what the host can't tell of keys", () => {
    assertEquals(ofRelay({ publicKeys: {}, tellsPublicKeys: false }).status, "ok");
  });

  it("finds a host critical that trusts another authority than this machine's", () => {
    const [found] = verdicts(well, { authorityPem: another.certificatePem });
    assertEquals(found?.status, "critical");
    assertMatch(found!.value, /is another than this machine has/);
    const none = { ...well, certificates: { ...well.certificates, [authorityFile]: "" } };
    assertMatch(verdicts(none)[0]!.value, /missing, or no certificate/);
  });
});
