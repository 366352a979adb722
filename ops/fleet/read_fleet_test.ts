import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import type { Inventory } from "../engine/inventory/inventory.ts";
import { loadInventory } from "../engine/inventory/load_inventory.ts";
import type { Fleet } from "./fleet.ts";
import type { HostMetrics } from "./host_metrics.ts";
import { readFleet } from "./read_fleet.ts";
import { fleetVariables } from "./variables.ts";

async function inventoryOf(text: string): Promise<Inventory> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text);
    return await loadInventory([file]);
  } finally {
    await Deno.remove(file);
  }
}

async function fleetOf(text: string): Promise<Fleet> {
  const inventory = await inventoryOf(text);
  return readFleet(inventory, [...inventory.hosts.values()]);
}

const usual = `
relays:
  hosts:
    r1: { ansible_host: 192.0.2.1 }
    r2: { ztna_relay_address: "relay.example:4500", ztna_probe_address: "[2001:db8::1]:1" }
connectors:
  hosts: { c1: , c2: , c3: { ztna_relay: r1 } }
  vars:
    ztna_services: [{ id: web, backend: "127.0.0.1:80" }]
`;

describe("readFleet", () => {
  it("gives hosts the roles of their groups, and what is not said its default", async () => {
    const { name, hosts, selected } = await fleetOf(usual);
    assertEquals([name, selected.size], ["default", 5]);
    const [r1, r2, c1] = hosts;
    assertEquals([r1?.connector, r1?.application, c1?.relay], [undefined, undefined, undefined]);
    assertEquals(r1?.relay?.address, { hostname: "192.0.2.1", port: 4433 });
    assertEquals(r1?.relay?.probeAddress, r1?.relay?.address);
    assertEquals(r2?.relay?.address, { hostname: "relay.example", port: 4500 });
    assertEquals(r2?.relay?.probeAddress, { hostname: "2001:db8::1", port: 1 });
    assertEquals(c1?.connector?.services, [
      { id: "web", backend: "127.0.0.1:80", protocol: "any", probe: "icmp" },
    ]);
  });

  it("spreads connectors over the relays, but for those that name one", async () => {
    const { hosts } = await fleetOf(usual);
    const relays = hosts.flatMap(({ connector }) => connector?.relay ?? []);
    assertEquals(relays, ["r1", "r2", "r1"]);
  });

  const metricsOf = async (variables: string): Promise<HostMetrics | undefined> =>
    (await fleetOf(`relays: { hosts: { r1: { ansible_host: 192.0.2.1, ${variables} } } }`))
      .hosts[0]?.metrics;

  it("leaves metrics on loopback unless it is told an address for them", async () => {
    assertEquals(await metricsOf("ztna_metrics_address: r1.example"), undefined);
  });

  const reachedAt: [string, string][] = [
    ["ztna_metrics_bind: 0.0.0.0", "192.0.2.1"],
    ['ztna_metrics_bind: "::"', "192.0.2.1"],
    ["ztna_metrics_bind: 10.0.0.7", "10.0.0.7"],
    ['ztna_metrics_bind: "fd00::7"', "fd00::7"],
    ["ztna_metrics_bind: 0.0.0.0, ztna_metrics_address: r1.internal", "r1.internal"],
  ];
  for (const [variables, address] of reachedAt) {
    it(`lets Prometheus come to ${address} with ${variables}`, async () => {
      assertEquals((await metricsOf(variables))?.address, address);
    });
  }

  const mistakes: [string, string, string][] = [
    [
      "a name to bind metrics at",
      "relays: { hosts: { r: { ztna_metrics_bind: eth0 } } }",
      "must be an IPv4 or IPv6 address",
    ],
    [
      "an address of metrics with a port",
      'relays: { hosts: { r: { ztna_metrics_address: "r:9" } } }',
      "without a port",
    ],
    [
      "metrics at a host that only ssh knows how to reach",
      "relays: { hosts: { r: { ansible_host: alias-, ztna_metrics_bind: 0.0.0.0 } } }",
      '"ztna_metrics_address"',
    ],
    [
      "a metrics client that no certificate can name",
      "relays: { hosts: { r: { ztna_metrics_client: A.b } } }",
      "lower-case letters",
    ],
    [
      "a network that is none",
      "relays: { hosts: { r: { ztna_metrics_sources: [10.0.0.0/33] } } }",
      "[0]: it must be an address or a network",
    ],
    [
      "a port that is for metrics and for something else",
      "relays: { hosts: { r: { ztna_metrics_bind: 0.0.0.0, ztna_relay_metrics_port: 9090 } } }",
      '"ztna_relay_metrics_port"',
    ],
    [
      "a variable that is none",
      "relays: { hosts: { r: { ztna_relay_prot: 1 } } }",
      "ztna_relay_port",
    ],
    ["a port beyond all ports", "relays: { hosts: { r: { ztna_relay_port: 99999 } } }", "65535"],
    ["a relay that is none", usual.replace("ztna_relay: r1", "ztna_relay: r9"), 'group "relays"'],
    ["a connector that provides nothing", "connectors: { hosts: { c: } }", "provides nothing"],
    [
      "a service twice",
      usual.replace("[{ id: web,", '[{ id: web, backend: "h:1" }, { id: web,'),
      "more than once",
    ],
    ["connectors without a relay", usual.replace("relays:", "others:"), "no relay"],
    [
      "a service with a member that is none",
      usual.replace("id: web", "id: web, port: 1"),
      "port",
    ],
    [
      "two fleets in one inventory",
      usual.replace("r1: {", "r1: { ztna_fleet: other,"),
      "must be the same",
    ],
    ["a fleet whose name is a path", "relays: { hosts: { r: { ztna_fleet: ../x } } }", "1 to 64"],
    [
      "an address with a path",
      "relays: { hosts: { r: { ztna_relay_address: h/x } } }",
      "HOST:PORT",
    ],
    ["a host whose name is a path", "relays: { hosts: { ../r: } }", 'no "/"'],
    ["hosts without a role", "all: { hosts: { h: } }", 'groups "relays", "connectors"'],
  ];
  for (const [what, text, message] of mistakes) {
    it(`refuses ${what}`, async () => {
      const error = await assertRejects(() => fleetOf(text), ConfigError);
      assertStringIncludes(error.message, message);
    });
  }

  it("tells all mistakes at once", async () => {
    const text = "relays: { hosts: { r: { ztna_relay_port: x, ztna_keep_releases: y } } }";
    const error = await assertRejects(() => fleetOf(text), ConfigError);
    assertStringIncludes(error.message, "ztna_relay_port");
    assertStringIncludes(error.message, "ztna_keep_releases");
  });

  it("knows of all hosts, also of those that a command is not about", async () => {
    const inventory = await inventoryOf(usual);
    const fleet = readFleet(inventory, [inventory.hosts.get("c1")!]);
    assertEquals([fleet.hosts.length, [...fleet.selected]], [5, ["c1"]]);
    assertThrows(() => readFleet(inventory, []), ConfigError, "none of the 0 selected hosts");
  });
});

describe("the documentation of the inventory", () => {
  it("tells of every variable, as the declarations do", async () => {
    const page = await Deno.readTextFile(new URL("../../docs/inventory.md", import.meta.url));
    const text = page.replaceAll(/ +/g, " "); // the formatter aligns columns
    for (const [name, help] of Object.entries(fleetVariables)) {
      assertStringIncludes(text, `| \`${name}\` | ${help.replaceAll("|", "\\|")} |`);
    }
  });
});
