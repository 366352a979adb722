import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { type UnitState, unknownUnit } from "../../engine/health/unit_state.ts";
import { Secret } from "../../engine/secret.ts";
import { combinedPlay } from "../../fleet/deploy_plan.ts";
import { hostPlays } from "../../fleet/host_plays.ts";
import type { FleetHost } from "../../fleet/fleet.ts";
import { authorityFile, retryKeyFile, tlsFilesOf } from "../../fleet/program_files.ts";
import { everyRoleFleet, everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { hostPaths } from "../../host_paths.ts";
import type { FileSystemFacts } from "../facts/file_systems.ts";
import type { HostFacts } from "../facts/fact_sources.ts";
import type { ProgramFacts } from "../facts/programs.ts";
import { keyFilesOf, type TlsPath } from "../facts/tls.ts";
import type { Finding } from "../finding.ts";
import { differsFromDisk } from "../fleet_checks/served_certificate.ts";
import { chooseFixes } from "./choose_fixes.ts";
import type { FixView, Remedy } from "./fix.ts";
import { allFixes } from "./fixes.ts";

const authority = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n";

function finding(check: string, subject: string, change: Partial<Finding> = {}): Finding {
  return {
    ...{ host: "h", check, subject, status: "critical", value: "bad", remedy: "mend it" },
    ...change,
  };
}

function program(state: Partial<UnitState>): ProgramFacts {
  return {
    ...{ unit: "", active: false, ready: false, reason: null, release: null, instance: null },
    ...{ uptimeSeconds: null, connections: null, services: [], drain: null, healthz: null },
    state: { ...unknownUnit, isLoaded: true, ...state },
  };
}

function fileSystem(mountPoint: string): FileSystemFacts {
  return {
    ...{ mountPoint, type: "ext4", bytes: 100, usedBytes: 99, freeBytes: 1 },
    ...{ inodes: 10, usedInodes: 10, isReadOnly: false },
  };
}

const path = (type: TlsPath["type"]): TlsPath => ({
  type,
  mode: 0o644,
  owner: "root",
  group: "root",
});
const tls = (change: Partial<NonNullable<HostFacts["tls"]>>): HostFacts => ({
  tls: { paths: {}, certificates: {}, publicKeys: {}, tellsPublicKeys: true, ...change },
});

const credential = { certificatePem: "", key: new Secret("") };
const deployed = combinedPlay(hostPlays({
  ...{ fleet: everyRoleFleet, host: everyRoleHost, units: {}, release: undefined },
  credentials: {
    authorityPem: authority,
    relays: new Map([["h", credential]]),
    connectors: new Map([["h", credential]]),
    metrics: new Map([["h", credential]]),
    ...{ prometheus: undefined, retryKey: new Secret(""), changes: [] },
  },
}));
const relayKey = tlsFilesOf("relay").keyFile;
const trusting = tls({ certificates: { [authorityFile]: authority } });

/** What is done about a finding: IDs of what is made true, or why nothing is; `null` for nothing. */
const cases: readonly {
  readonly title: string;
  readonly finding: Finding;
  readonly facts?: HostFacts;
  readonly view?: Partial<FixView>;
  readonly host?: Partial<FleetHost>;
  readonly expected: readonly string[] | RegExp | null;
}[] = [
  {
    title: "starts a program that is stopped",
    finding: finding("unit", "relay"),
    facts: { programs: { relay: program({ active: "inactive", sub: "dead" }) } },
    expected: ["service:ztna-relay@a.service"],
  },
  {
    title: "starts a program that systemd has given up",
    finding: finding("unit", "connector"),
    facts: { programs: { connector: program({ active: "failed", sub: "failed" }) } },
    expected: ["service:ztna-connector@a.service"],
  },
  {
    title: "leaves a program to systemd that is about to start it again",
    finding: finding("unit", "relay"),
    facts: { programs: { relay: program({ active: "activating", sub: "auto-restart" }) } },
    expected: null,
  },
  {
    title: "starts nothing that the host does not have",
    finding: finding("unit", "relay"),
    facts: { programs: { relay: program({ active: "inactive" }) } },
    host: { relay: undefined },
    expected: null,
  },
  {
    title: "ends a drain by a restart",
    finding: finding("drain", "relay"),
    expected: ["drain:relay"],
  },
  {
    title: "renews a certificate with its key",
    finding: finding("certificate", "relay"),
    facts: trusting,
    expected: [`file:${tlsFilesOf("relay").certificateFile}`, `file:${relayKey}`],
  },
  {
    title: "renews no certificate where the authority is not",
    finding: finding("certificate", "relay"),
    facts: trusting,
    view: { canIssue: false },
    expected: /the one that deploys/,
  },
  {
    title: "renews no certificate that the host would not trust",
    finding: finding("certificate", "relay"),
    facts: tls({ certificates: { [authorityFile]: "another" } }),
    expected: /another authority/,
  },
  {
    title: "leaves the authority to a deploy",
    finding: finding("certificate", "authority"),
    facts: trusting,
    expected: null,
  },
  {
    title: "has a relay read its certificate that presents an old one",
    finding: finding("served-certificate", "relay", { value: `${differsFromDisk}; expires` }),
    expected: ["reload:relay"],
  },
  {
    title: "has a connector read the certificate of its metrics",
    finding: finding("served-metrics-certificate", "connector", { value: differsFromDisk }),
    expected: ["reload:connector"],
  },
  {
    title: "does not reload a relay that can't be reached",
    finding: finding("served-certificate", "relay", { value: "cannot be seen from this machine" }),
    expected: null,
  },
  {
    title: "closes a key that others can read",
    finding: finding("key-permissions", relayKey),
    facts: tls({ paths: { [relayKey]: path("file") } }),
    expected: [`permissions:${relayKey}`],
  },
  {
    title: "closes the directory of keys",
    finding: finding("key-permissions", hostPaths.tls),
    facts: tls({ paths: { [hostPaths.tls]: path("directory") } }),
    expected: [`directory:${hostPaths.tls}`],
  },
  {
    title: "leaves a link alone that is where a key should be",
    finding: finding("key-permissions", retryKeyFile),
    facts: tls({ paths: { [retryKeyFile]: path("link") } }),
    expected: null,
  },
  {
    title: "changes no path that a finding makes up",
    finding: finding("key-permissions", "/etc/shadow"),
    facts: tls({ paths: { "/etc/shadow": path("file") } }),
    expected: null,
  },
  {
    title: "sets a buffer of the kernel",
    finding: finding("udp-buffers", "net.core.rmem_max"),
    expected: ["sysctl:net.core.rmem_max"],
  },
  {
    title: "sets no other settings of the kernel",
    finding: finding("udp-buffers", "kernel.panic"),
    expected: null,
  },
  {
    title: "prunes releases where they fill the disk",
    finding: finding("disk-space", "/opt"),
    facts: { fileSystems: [fileSystem("/"), fileSystem("/opt")] },
    expected: ["prune:releases"],
  },
  {
    title: "prunes no releases when another disk fills",
    finding: finding("disk-space", "/"),
    facts: { fileSystems: [fileSystem("/"), fileSystem("/opt")] },
    expected: null,
  },
  {
    title: "prunes releases where they take all inodes",
    finding: finding("inodes", "/"),
    facts: { fileSystems: [fileSystem("/"), fileSystem("/optional")] },
    expected: ["prune:releases"],
  },
  {
    title: "leaves a host alone on which somebody works",
    finding: finding("drain", "relay"),
    facts: { work: { worker: "alice@laptop (deploy)" } },
    expected: /alice@laptop \(deploy\)/,
  },
  {
    title: "leaves alone what is silenced",
    finding: finding("drain", "relay", {
      silenced: { by: "maintenance", reason: "new disks", untilMs: 1 },
    }),
    expected: /new disks/,
  },
  {
    title: "leaves configuration to a deploy",
    finding: finding("configuration", "/etc/ztna/relay.json"),
    expected: null,
  },
  {
    title: "does nothing about what is well",
    finding: finding("drain", "relay", { status: "ok" }),
    expected: null,
  },
  {
    title: "does nothing about a whole fleet",
    finding: finding("drain", "relay", { host: null }),
    expected: null,
  },
];

function idsOf({ resources = [], commands = [], reload, endDrainOf }: Remedy): string[] {
  return [
    ...resources,
    ...commands.map(({ id }) => id),
    ...reload === undefined ? [] : [`reload:${reload}`],
    ...endDrainOf === undefined ? [] : [`drain:${endDrainOf}`],
  ];
}

describe("the choice of fixes", () => {
  for (const { title, finding, facts = {}, view = {}, host = {}, expected } of cases) {
    it(title, () => {
      const views = new Map<string, FixView>([["h", {
        ...{ host: { ...everyRoleHost, ...host }, facts, authority, canIssue: true },
        ...view,
      }]]);
      const { mends, left } = chooseFixes([finding], views);
      const ids = (mends.get("h") ?? []).flatMap(({ remedy }) => idsOf(remedy));
      if (expected instanceof RegExp) {
        assertEquals(ids, []);
        assert(expected.test(left[0]?.why ?? ""), left[0]?.why);
        return;
      }
      assertEquals([ids, left.length], [expected ?? [], 0]);
    });
  }

  it("makes nothing true but what a deploy or it itself knows, whatever a host says", () => {
    const known = new Set([
      ...deployed.resources.map(({ id }) => id),
      ...keyFilesOf(everyRoleHost).map((path) => `permissions:${path}`),
      "prune:releases",
    ]);
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("relay", "/", "net.core.rmem_max", relayKey, hostPaths.tls, "__proto__"),
      fc.constantFrom(`${relayKey}; reboot`, "/opt/../etc", `${differsFromDisk}\u0000`),
    );
    fc.assert(fc.property(
      fc.constantFrom(...allFixes.map(({ check }) => check)),
      ...[text, text, fc.constantFrom<TlsPath["type"]>("file", "directory", "link", "other")],
      (check, subject, value, type) => {
        const facts: HostFacts = {
          ...tls({ paths: { [subject]: path(type) }, certificates: { [authorityFile]: value } }),
          programs: { relay: program({ active: "failed" }) },
          fileSystems: [fileSystem(subject)],
        };
        const view = { host: everyRoleHost, facts, authority, canIssue: true };
        const found = finding(check, subject, { value });
        const { mends } = chooseFixes([found], new Map([["h", view]]));
        const remedies = (mends.get("h") ?? []).map(({ remedy }) => remedy);
        for (const { resources = [], commands = [] } of remedies) {
          const ids = [...resources, ...commands.map(({ id }) => id)];
          assertEquals(ids.filter((id) => !known.has(id)), []);
        }
      },
    ));
  });

  it("has one fix for a check at most, of checks that there are", async () => {
    const { hostChecks } = await import("../checks/host_checks.ts");
    const { fleetChecks } = await import("../fleet_checks/fleet_checks.ts");
    const known = [...hostChecks, ...fleetChecks].map(({ id }) => id);
    const fixed = allFixes.map(({ check }) => check);
    assertEquals(new Set(fixed).size, fixed.length);
    assertEquals(fixed.filter((id) => !known.includes(id)), []);
  });
});
