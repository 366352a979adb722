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
