import { Secret } from "../engine/secret.ts";
import type { FleetCredentials } from "./credentials.ts";
import type { Fleet, FleetHost } from "./fleet.ts";
import { defaultSweepSettings } from "./sweep_settings.ts";

/** A host of every role, for tests, with the settings that an inventory gives by default. */
export const everyRoleHost: FleetHost = {
  name: "h",
  connection: {
    host: "h",
    transport: "local",
    address: "h",
    port: undefined,
    user: undefined,
    privateKeyFile: undefined,
    sshArguments: [],
    become: undefined,
  },
  relay: {
    bindAddresses: "0.0.0.0",
    port: 4433,
    address: { hostname: "192.0.2.1", port: 4433 },
    probeAddress: { hostname: "192.0.2.1", port: 4433 },
    adminAddress: "127.0.0.1",
    adminPort: 9090,
    metricsPort: 9490,
    certificateNames: [],
    drainTimeoutSeconds: 10,
    extraConfig: {},
  },
  connector: {
    relay: "h",
    services: [{ id: "web", backend: "127.0.0.1:80", protocol: "any", probe: "icmp" }],
    adminAddress: "127.0.0.1",
    adminPort: 9091,
    metricsPort: 9491,
    extraConfig: {},
  },
  application: { address: "127.0.0.1", port: 9999 },
  metrics: { bindAddress: "0.0.0.0", address: "192.0.2.1", client: "prometheus", sources: [] },
  keepReleases: 5,
  sweep: defaultSweepSettings,
  udpBufferBytes: 4_194_304,
  openFirewall: true,
  readyTimeoutSeconds: 60,
};

/** A fleet of that host alone. */
export const everyRoleFleet: Fleet = {
  name: "f",
  hosts: [everyRoleHost],
  selected: new Set([everyRoleHost.name]),
};

/** What that fleet proves and trusts. @param certificatePem, key Those of everything. */
export function everyRoleCredentials(certificatePem: string, key: string): FleetCredentials {
  const credential = { certificatePem, key: new Secret(key) };
  const ofHost = new Map([[everyRoleHost.name, credential]]);
  return {
    authorityPem: "authority",
    relays: ofHost,
    connectors: ofHost,
    metrics: ofHost,
    prometheus: credential,
    retryKey: new Secret("retry"),
    changes: [],
  };
}

/** Unit files with nothing in them. */
export const emptyUnits: Readonly<Record<string, string>> = {
  "ztna-application@.service": "",
  "ztna-relay@.service": "",
  "ztna-connector@.service": "",
};
