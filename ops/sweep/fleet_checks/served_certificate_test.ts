import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { metricsTlsFiles, tlsFilesOf } from "../../fleet/program_files.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import type { FleetVerdict } from "../check.ts";
import type { TlsFacts } from "../facts/tls.ts";
import { readCertificates } from "../host_certificate.ts";
import { testAuthority, tlsFacts } from "../test_tls_facts.ts";
import { testView } from "../test_view.ts";
import type { ServedCertificate } from "../tunnels/tunnel_look.ts";
import { servedCertificate, servedMetricsCertificate } from "./served_certificate.ts";
import { fleetStatuses, fleetView, relayHost, testFleet, tunnelLook } from "./test_fleet_view.ts";

const nowMs = 1_800_000_000_000;
const day = 86_400_000;
const authority = await testAuthority(nowMs - 400 * day);
const { certificateFile } = tlsFilesOf("relay");

async function issued(issuedMs: number): Promise<{ tls: TlsFacts; der: Uint8Array }> {
  const tls = await tlsFacts(relayHost, { authority, issuedMs });
  return { tls, der: readCertificates(tls.certificates[certificateFile]!)[0]!.der };
}

const present = await issued(nowMs);
const earlier = await issued(nowMs - day);
const expired = await issued(nowMs - 366 * day);

/** What is said of a relay that presents one certificate, and maybe has one on its disk. */
function verdict(served: ServedCertificate, tls?: TlsFacts): FleetVerdict {
  const tunnels = tunnelLook({ served: new Map([["relay1", served]]) });
  return servedCertificate.evaluate(fleetView(tls ? { relay1: { tls } } : {}, { tunnels }))[0]!;
}

describe("the check of certificates that are presented", () => {
  it("finds a relay well that presents the one on its disk", () => {
    assertEquals(verdict({ der: present.der }, present.tls).status, "ok");
    const old = verdict({ der: expired.der }, expired.tls);
    assertEquals(old.status, "ok", "how old that is, the check of the disk tells");
    assertEquals(old.measure?.value, -86_400);
  });

  it("warns of one that was not read anew, and says how to have it read", () => {
    const { status, value, remedy } = verdict({ der: earlier.der }, present.tls);
    assertEquals(status, "warning");
    assertMatch(value, /^not the one on its disk; expires on/);
    assertMatch(remedy, /systemctl reload ztna-relay@a\.service$/);
  });

  it("finds one critical that has expired, whether the disk is known or not", () => {
    assertEquals(verdict({ der: expired.der }, present.tls).status, "critical");
    assertEquals(verdict({ der: expired.der }).status, "critical");
  });

  it("does not have a bad one read", () => {
    const certificates = { ...present.tls.certificates, [certificateFile]: "garbage" };
    assertEquals(verdict({ der: earlier.der }, { ...present.tls, certificates }).status, "ok");
  });

  it("finds a relay critical that can't be reached, unless probes tell that", () => {
    const served = new Map([["relay1", { error: "no answer; check it" }]]);
    const found = verdict(served.get("relay1")!);
    assertEquals(found.status, "critical");
    assertEquals(found.value, "cannot be seen from this machine: no answer");
    const probe = { relay: "relay1", serviceId: "web", sent: 0, lost: 0, p99Seconds: null };
    const tunnels = tunnelLook({ served, probes: [probe] });
    assertEquals(fleetStatuses(servedCertificate, fleetView({}, { tunnels })), []);
  });

  it("finds what is no certificate critical", () => {
    assertEquals(verdict({ der: new Uint8Array([1, 2, 3]) }).status, "critical");
  });
});

describe("the check of certificates for metrics", () => {
  const shown = { ...relayHost, metrics: everyRoleHost.metrics };
  const fleet = { ...testFleet, hosts: [shown, ...testFleet.hosts.slice(1)] };

  it("compares what each program presents with the disk", async () => {
    const tls = await tlsFacts(shown, { authority, issuedMs: nowMs });
    const [onDisk] = readCertificates(tls.certificates[metricsTlsFiles.certificateFile]!);
    const found = (der: Uint8Array): [string | null, string, string][] => {
      const servedMetrics = [{ host: "relay1", program: "relay" as const, der }];
      const host = testView({ fleet, host: shown, facts: { tls } });
      const tunnels = tunnelLook({ servedMetrics });
      const view = fleetView({}, { fleet, tunnels, hosts: new Map([["relay1", host]]) });
      return fleetStatuses(servedMetricsCertificate, view);
    };
    assertEquals(found(onDisk!.der), [["relay1", "relay", "ok"]]);
    assertEquals(found(earlier.der), [["relay1", "relay", "warning"]]);
  });

  it("says nothing where this machine is not let in", () => {
    const view = fleetView({}, { tunnels: tunnelLook() });
    assertEquals(fleetStatuses(servedMetricsCertificate, view), []);
  });
});
