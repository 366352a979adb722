import { firewallFiles } from "../firewall_files.ts";
import type { FirewallResource } from "../resource.ts";
import { type CaseFacts, digest, type PlanCase, running } from "./plan_case.ts";

const firewall: FirewallResource = {
  kind: "firewall",
  id: "firewall",
  transport: "udp",
  port: 4433,
};
const filtered = (open: boolean): CaseFacts => ({
  firewalls: {
    firewall: {
      manager: "nftables",
      allowed: false,
      chains: [{ name: "inet filter input", open }],
    },
  },
});
const firewallDone: CaseFacts = {
  ...filtered(true),
  paths: Object.fromEntries(
    firewallFiles(firewall).map(({ path, contents, mode }) => [path, {
      type: "file",
      mode,
      owner: "root",
      group: "root",
      bytes: contents.length,
      sha256: digest(contents),
    }]),
  ),
  units: { "ztna-firewall-udp-4433.service": running },
};

/** Ports. */
export const firewallCases: readonly PlanCase[] = [
  {
    title: "leaves a port alone where nothing filters",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "nftables", allowed: false, chains: [] } } },
  },
  { title: "leaves an open port alone", resources: [firewall], facts: firewallDone },
  {
    title: "opens a port that packets are dropped at, now and after a boot",
    resources: [firewall],
    facts: filtered(false),
    changes: ["open udp port 4433 in the host's firewall"],
  },
  {
    title: "opens a port again that is closed since rules were loaded anew",
    resources: [firewall],
    facts: { ...firewallDone, ...filtered(false) },
    changes: ["open udp port 4433 in the host's firewall"],
  },
  {
    title: "keeps a port open after the next boot",
    resources: [firewall],
    facts: {
      ...firewallDone,
      units: { "ztna-firewall-udp-4433.service": { ...running, fileState: "disabled" } },
    },
    changes: [
      "open udp port 4433 in the host's firewall: ztna-firewall-udp-4433.service disabled -> enabled",
    ],
  },
  {
    title: "allows a port in ufw",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "ufw", allowed: false, chains: [] } } },
    changes: ["allow 4433/udp in ufw"],
  },
  {
    title: "allows a port in ufw to each of its sources",
    resources: [{ ...firewall, sources: ["192.0.2.1", "fd00::/64"] }],
    facts: { firewalls: { firewall: { manager: "ufw", allowed: false, chains: [] } } },
    changes: ["allow 4433/udp in ufw"],
  },
  {
    title: "leaves a port alone that ufw allows",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "ufw", allowed: true, chains: [] } } },
  },
  {
    title: "leaves firewalld's zones to the administrator",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "firewalld", allowed: false, chains: [] } } },
    conflicts: ["firewall-cmd --permanent --zone=ZONE --add-port=4433/udp"],
  },
  {
    title: "says when nobody can tell whether a port is open",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "unknown", allowed: false, chains: [] } } },
    warnings: ["install the package nftables"],
  },
];
