import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { loadInventory } from "../engine/inventory/load_inventory.ts";
import { readFleet } from "./read_fleet.ts";
import { type ScrapeTargets, scrapeTargets, targetFile, targetUrl } from "./scrape_targets.ts";

async function targetsOf(text: string): Promise<ScrapeTargets> {
  const file = Deno.makeTempFileSync({ suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(file, text);
    const inventory = await loadInventory([file]);
    const hosts = [...inventory.hosts.values()];
    return scrapeTargets(
      readFleet(inventory, hosts),
      (name) => inventory.hosts.get(name)?.groups ?? [],
    );
  } finally {
    Deno.removeSync(file);
  }
}

const relay = (variables: string): Promise<ScrapeTargets> =>
  targetsOf(`relays: { hosts: { r1: { ${variables} } } }`);

describe("scrapeTargets", () => {
  const reachable: [variables: string, url: string][] = [
    ["ansible_host: 192.0.2.1, ztna_metrics_bind: 0.0.0.0", "https://192.0.2.1:9490/metrics"],
    ["ztna_metrics_bind: 10.0.0.1, ztna_relay_metrics_port: 7", "https://10.0.0.1:7/metrics"],
    ['ztna_metrics_bind: "fd00::1"', "https://[fd00::1]:9490/metrics"],
    ['ansible_host: "fd00::2", ztna_metrics_bind: "::"', "https://[fd00::2]:9490/metrics"],
    [
      "ztna_metrics_bind: 127.0.0.1, ztna_metrics_address: tunnel.example",
      "https://tunnel.example:9490/metrics",
    ],
    ["ansible_connection: local", "http://127.0.0.1:9090/metrics"],
    ["ansible_connection: local, ztna_metrics_bind: 127.0.0.1", "https://127.0.0.1:9490/metrics"],
    [
      'ansible_connection: local, ztna_relay_admin_bind: "::1"',
      "http://[::1]:9090/metrics",
    ],
  ];
  for (const [variables, url] of reachable) {
    it(`finds ${url} with ${variables}`, async () => {
      const { targets, unreachable, warnings } = await relay(variables);
      assertEquals(targets.map(targetUrl), [url]);
      assertEquals([unreachable, warnings], [[], []]);
    });
  }

  const unreachable: [variables: string, reason: string][] = [
    ["ansible_host: 192.0.2.1", 'its metrics stay on loopback: set "ztna_metrics_bind"'],
    ["ztna_relay_admin_bind: 127.0.0.9", 'its metrics stay on loopback: set "ztna_metrics_bind"'],
    ['ztna_metrics_bind: "::1"', "only the host itself"],
    ["ansible_host: alias-, ztna_relay_admin_bind: 0.0.0.0", '"alias-" is no address'],
  ];
  for (const [variables, reason] of unreachable) {
    it(`says why nothing is reached with ${variables}`, async () => {
      const found = await relay(variables);
      assertEquals(found.targets, []);
      assertStringIncludes(found.unreachable[0]!.reason, reason);
    });
  }

  it("takes open admin endpoints, and warns of them", async () => {
    const found = await relay("ansible_host: 192.0.2.1, ztna_relay_admin_bind: 0.0.0.0");
    assertEquals(found.targets.map(targetUrl), ["http://192.0.2.1:9090/metrics"]);
    assertStringIncludes(found.warnings.join(), "in clear text");
  });

  it("names hosts as the inventory does, with groups that tell more than the role", async () => {
    const { targets } = await targetsOf(`
all: { vars: { ztna_fleet: lab, ztna_metrics_bind: 0.0.0.0 } }
relays: { hosts: { "node[1:2].example": } }
connectors:
  hosts: { node1.example: , 'a"b': { ansible_host: 192.0.2.9 } }
  vars: { ztna_services: [{ id: web, backend: "h:1" }] }
eu: { children: { canary: { hosts: { node1.example: } } } }
`);
    const groups = ",canary,eu,";
    assertEquals(
      targets.map(({ program, address, labels }) => [program, address, labels]),
      [
        ["relay", "node1.example:9490", { instance: "node1.example", fleet: "lab", groups }],
        ["connector", "node1.example:9491", { instance: "node1.example", fleet: "lab", groups }],
        ["relay", "node2.example:9490", { instance: "node2.example", fleet: "lab" }],
        ["connector", "192.0.2.9:9491", { instance: 'a"b', fleet: "lab" }],
      ],
    );
    assertEquals(JSON.parse(targetFile(targets.slice(3))), [{
      targets: ["192.0.2.9:9491"],
      labels: { instance: 'a"b', fleet: "lab", __scheme__: "https" },
    }]);
  });
});
