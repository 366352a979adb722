import { assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { loadInventory } from "../engine/inventory/load_inventory.ts";
import { CertificateStore } from "../pki/certificate_store.ts";
import { readCredentials, storedAuthority, storedCredentials } from "./credentials.ts";
import { type FleetPaths, fleetPathsOf } from "./fleet_paths.ts";
import { readFleet } from "./read_fleet.ts";

describe("the credentials of a fleet", () => {
  let directory: string;
  let paths: FleetPaths;
  before(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-credentials-" });
    paths = fleetPathsOf({ get: (name) => name === "XDG_STATE_HOME" ? directory : undefined }, "f");
  });
  after(() => Deno.removeSync(directory, { recursive: true }));

  const read = async (
    hosts: string,
    check = false,
    only?: ReadonlySet<string>,
  ): ReturnType<typeof readCredentials> => {
    const file = `${directory}/inventory.yaml`;
    Deno.writeTextFileSync(file, `relays: { hosts: ${hosts} }`);
    const inventory = await loadInventory([file]);
    const fleet = readFleet(inventory, [...inventory.hosts.values()]);
    return await readCredentials({
      ...{ fleet, paths, check, now: Date.now() },
      ...only !== undefined && { only },
    });
  };
  const namesOf = async (name: string): Promise<readonly string[]> => {
    const store = new CertificateStore(paths.tls);
    const authority = await store.openAuthority(Date.now());
    return (await store.inspect(name, authority!))!.names;
  };

  it("have nothing for metrics while they stay on loopback", async () => {
    const { metrics, changes } = await read("{ r1: , r2: }");
    assertEquals(metrics.size, 0);
    assertEquals(changes.filter((change) => /metrics|prometheus/.test(change)), []);
  });

  const shown = '{ r1: { ansible_host: 192.0.2.1, ztna_metrics_bind: "::" }, ' +
    "r 2: { ansible_host: r2.example, ztna_metrics_bind: 10.0.0.2 }, r3: }";

  it("would have a certificate for each host that shows them, and one for Prometheus", async () => {
    const { metrics, changes } = await read(shown, true);
    assertEquals([...metrics.keys()], ["r1", "r 2"]);
    assertEquals(
      changes.flatMap((change) => /"((?:metrics|prometheus)[^"]*)"/.exec(change)?.[1] ?? []),
      ["metrics-r1", "metrics-r 2", "prometheus"],
    );
    assertEquals(
      [...Deno.readDirSync(paths.tls)].filter(({ name }) => /metrics|prom/.test(name)),
      [],
    );
  });

  it("name hosts as Prometheus reaches them, and further names that a certificate can carry", async () => {
    await read(shown);
    assertEquals(await namesOf("metrics-r1"), ["ztna-metrics", "192.0.2.1", "r1"]);
    assertEquals(await namesOf("metrics-r 2"), ["ztna-metrics", "10.0.0.2", "r2.example"]);
    assertEquals(await namesOf("prometheus"), ["metrics.prometheus.ztna"]);
    assertEquals((Deno.statSync(`${paths.tls}/prometheus.key`).mode ?? 0) & 0o777, 0o600);
    assertEquals((await read(shown)).changes, []);
  });

  it("give Prometheus another name when the inventory does", async () => {
    const renamed = shown.replaceAll("ztna_metrics_bind", "ztna_metrics_client: eu-2, $&");
    const { changes } = await read(renamed);
    assertEquals(changes.length, 1);
    assertEquals(await namesOf("prometheus"), ["metrics.eu-2.ztna"]);
  });

  it("are those of some hosts only where others' are not wanted, and Prometheus' is for all", async () => {
    const both = "{ a: { ztna_metrics_bind: 10.0.0.8 }, b: { ztna_metrics_bind: 10.0.0.9 } }";
    const { relays, changes } = await read(both, false, new Set(["a"]));
    assertEquals([...relays.keys()], ["a"]);
    assertEquals(changes.filter((change) => /-b"/.test(change)), []);
    assertEquals(changes.filter((change) => /-a"/.test(change)).length, 2);
    // Who is let in is what all hosts say.
    assertEquals((await read(both)).changes.filter((change) => change.includes("prom")), []);
  });

  it("are on this machine as they were given out, and nothing is made anew for looking", async () => {
    const given = await read(shown);
    const file = `${directory}/inventory.yaml`;
    const inventory = await loadInventory([file]);
    const { hosts } = readFleet(inventory, [...inventory.hosts.values()]);
    const stored = storedCredentials(paths, hosts[0]!)!;
    assertEquals(stored.authorityPem, given.authorityPem);
    assertEquals(storedAuthority(paths), given.authorityPem);
    assertEquals(stored.relays.get("r1")?.certificatePem, given.relays.get("r1")?.certificatePem);
    assertEquals(stored.metrics.get("r1")?.key.reveal(), given.metrics.get("r1")?.key.reveal());
    const nowhere = fleetPathsOf({ get: () => `${directory}/nowhere` }, "f");
    assertEquals(storedCredentials(nowhere, hosts[0]!), undefined);
    assertEquals(storedAuthority(nowhere), undefined);
  });
});
