import { assert, assertEquals, assertThrows } from "@std/assert";
import { before, describe, it } from "@std/testing/bdd";
import { parse } from "yaml";
import { loadInventory } from "../../ops/engine/inventory/load_inventory.ts";
import { Secret } from "../../ops/engine/secret.ts";
import type { FleetCredentials } from "../../ops/fleet/credentials.ts";
import type { Fleet } from "../../ops/fleet/fleet.ts";
import { type HostPlays, hostPlays } from "../../ops/fleet/host_plays.ts";
import { readFleet } from "../../ops/fleet/read_fleet.ts";
import { unitTemplates } from "../../ops/fleet/units.ts";
import type { Archive, Release } from "../../ops/release/release.ts";
import { playbookInputs } from "./playbook_variables.ts";

/** A variable with files, as the playbook has it. */
interface Files {
  readonly files: readonly Record<string, unknown>[];
  readonly notify: readonly string[];
}

const playbookText = Deno.readTextFileSync(new URL("./playbook/deploy.yaml", import.meta.url));
const signal = new AbortController().signal;

const archive: Omit<Archive, "kind" | "name"> = {
  ...{ file: "/cache/archive.tgz", bytes: 1, sha256: "", unpackedBytes: 1, unpackedFiles: 1 },
  listingSha256: "",
};
const release: Release = {
  ...{ id: "0.1.0-abc", version: "0.1.0", platform: "linux-x64", deno: "2.9.6" },
  archive: { ...archive, kind: "release", name: "0.1.0-abc" },
  runtime: { ...archive, kind: "runtime", name: "deno-2.9.6", checksums: "12ab  deno\n" },
};
const credential = { certificatePem: "certificate", key: new Secret("the key") };
const credentials: FleetCredentials = {
  authorityPem: "authority",
  relays: new Map([["relay1", credential]]),
  connectors: new Map([["connector1", credential]]),
  metrics: new Map(),
  prometheus: undefined,
  retryKey: new Secret("retry"),
  changes: [],
};
const inventory = `all:
  children:
    relays: {hosts: {relay1: }}
    connectors:
      hosts: {connector1: }
      vars: {ztna_services: [{id: echo, backend: "127.0.0.1:9999"}]}
`;

describe("the playbook's variables", () => {
  let fleet: Fleet;
  before(async () => {
    const file = await Deno.makeTempFile({ suffix: ".yaml" });
    await Deno.writeTextFile(file, inventory);
    const loaded = await loadInventory([file], { signal });
    await Deno.remove(file);
    fleet = readFleet(loaded, [...loaded.hosts.values()]);
  });

  function playsOf(name: string): HostPlays {
    return hostPlays({
      ...{ fleet, credentials, host: fleet.hosts.find((host) => host.name === name)! },
      units: Object.fromEntries(Object.values(unitTemplates).map((unit) => [unit, "unit"])),
      release: { id: release.id, unless: "false", switchTo: "true" },
    });
  }

  function inputsOf(name: string): ReturnType<typeof playbookInputs> {
    const host = fleet.hosts.find((candidate) => candidate.name === name)!;
    return playbookInputs(host, playsOf(name), release, "/files");
  }

  it("have every file of deploy, with its bytes, owner and mode", () => {
    const { files, variables } = inputsOf("relay1");
    const key = files.find(({ dest }) => dest === "/etc/ztna/tls/relay.key")!;
    assertEquals(new TextDecoder().decode(key.bytes), "the key");
    assertEquals(key.src, "/files/etc/ztna/tls/relay.key");
    const { src, dest } = key;
    const { files: described, notify } = variables.certificates as Files;
    assertEquals(described.find((file) => file.dest === dest), {
      ...{ src, dest, owner: "ztna", group: "ztna", mode: "0600" },
    });
    assertEquals(notify, ["reload:relay"]);
    const { prepare, activate } = playsOf("relay1");
    const wanted = [...prepare.resources, ...activate.resources]
      .filter(({ kind }) => kind === "file").map(({ id }) => id.replace("file:", ""));
    assertEquals(files.map(({ dest }) => dest), wanted);
  });

  it("keep secrets out of what is not a file", () => {
    assertEquals(JSON.stringify(inputsOf("relay1").variables).includes("the key"), false);
  });

  it("ask each program where its admin endpoints are", () => {
    const urls = ["relay1", "connector1"].map((name) =>
      (inputsOf(name).variables.programs as { ready_url: string }[])[0]!.ready_url
    );
    assertEquals(urls, ["http://127.0.0.1:9090/readyz", "http://127.0.0.1:9091/readyz"]);
  });

  it("restart a program for its configuration and its unit", () => {
    const { configuration, units } = inputsOf("relay1").variables as Record<string, Files>;
    assertEquals(configuration!.notify, ["restart:relay"]);
    assertEquals(configuration!.files.map(({ dest }) => dest), [
      ...["/etc/ztna/tls/retry.key", "/etc/ztna/relay.json"],
    ]);
    assertEquals(units!.notify, ["reload:systemd", "restart:relay"]);
  });

  it("notify nothing but handlers of the playbook", () => {
    const [{ handlers }] = parse(playbookText) as [{ handlers: { name: string }[] }];
    const names = handlers.map(({ name }) => name);
    for (const host of ["relay1", "connector1"]) {
      const { prepare, activate } = playsOf(host);
      const notified = [...prepare.resources, ...activate.resources]
        .flatMap(({ notify = [] }) => notify);
      for (const handler of new Set(notified)) assert(names.includes(handler), handler);
    }
  });

  it("are all that the playbook uses", () => {
    const { variables } = inputsOf("relay1");
    const used = [...playbookText.matchAll(/\{\{ ([a-z_]+)/g)].map(([, name]) => name!);
    const own = ["item", "kernel_files"];
    assertEquals(
      new Set(used.filter((name) => !own.includes(name))),
      new Set(Object.keys(variables)),
    );
  });

  it("are refused when deploy does more than the playbook", () => {
    const plays = playsOf("relay1");
    const more: HostPlays = {
      ...plays,
      prepare: {
        ...plays.prepare,
        resources: [{ kind: "package", id: "package:htop", name: "htop" }],
      },
    };
    const [host] = fleet.hosts;
    assertThrows(() => playbookInputs(host!, more, release, "/files"), TypeError, "package:htop");
  });
});
