import { assert, assertEquals, assertMatch } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import manifest from "../../../deno.json" with { type: "json" };
import { openLocalSession } from "../../../tests/support/local_session.ts";
import { checkout } from "../../checkout.ts";
import type { Connection, RunOptions } from "../../engine/connection/connection.ts";
import { UnreachableError } from "../../engine/errors.ts";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { fleetPathsOf } from "../../fleet/fleet_paths.ts";
import { hostPaths } from "../../host_paths.ts";
import { RelayStandIn } from "../../probe/relay_stand_in.ts";
import { type FleetTunnel, tunnelsOf } from "./fleet_tunnels.ts";
import { probeFromHost, type ProbeFromHostOptions, readProbes } from "./probe_from_host.ts";
import { fleetOf, testConnector, TestLaptop, testRelay } from "./test_tunnels.ts";
import type { ServiceProbe } from "./tunnel_look.ts";

const { signal } = new AbortController();
const tunnelsTo = (port: number, ...ids: string[]): FleetTunnel[] =>
  tunnelsOf(fleetOf([testRelay("r1", port), testConnector("c1", "r1", ...ids)]));

/**
 * A shell of this machine, with the checkout for a release.
 *
 * @param directory Stands in for where hosts have things.
 */
async function connectHere(directory: string): Promise<Connection> {
  const session = await openLocalSession();
  return {
    host: "c1",
    traffic: session.traffic,
    run: (script: string, options: RunOptions) =>
      session.run(
        script.replaceAll(hostPaths.current, `${directory}/current`)
          .replaceAll(hostPaths.runtimes, directory)
          .replaceAll("$release/runtime", `${directory}/runtime`)
          .replaceAll("/run/", `${directory}/`)
          // This machine's cache stands in for the release's packages.
          .replaceAll("DENO_DIR=/dev/null", ""),
        options,
      ),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** With what a program without our lock file needs, as a release has it in its packages. */
async function fillCache(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--no-lock", "--no-config", manifest.imports["@matrixai/quic"]],
    cwd: "/",
    stdout: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

describe("probes from a host", { skip: needsLinux }, () => {
  let laptop: TestLaptop;
  let host: string;
  before(async () => {
    laptop = await TestLaptop.create();
    host = Deno.makeTempDirSync({ prefix: "host" });
    Deno.symlinkSync(checkout, `${host}/current`);
    Deno.writeTextFileSync(`${host}/runtime`, "deno-test\n");
    Deno.mkdirSync(`${host}/deno-test`);
    Deno.symlinkSync(Deno.execPath(), `${host}/deno-test/deno`);
    await fillCache();
  });
  after(() => {
    laptop[Symbol.dispose]();
    Deno.removeSync(host, { recursive: true });
  });

  const probe = (change: Partial<ProbeFromHostOptions>): ReturnType<typeof probeFromHost> =>
    probeFromHost({
      ...{ tunnels: tunnelsTo(1, "web"), paths: laptop.paths, signal },
      connect: () => connectHere(host),
      ...change,
    });

  it("are what the host has seen, which keeps nothing of them", async () => {
    await using standIn = new RelayStandIn(laptop.relayTls, { services: ["web"] });
    const found = await probe({ tunnels: tunnelsTo(standIn.address.port, "web", "none") });
    assert(typeof found !== "string", `${found}`);
    const byService = new Map(found.map((each) => [each.serviceId, each]));
    const { sent, lost, p99Seconds } = byService.get("web")!;
    assertEquals([sent, lost], [20, 0]);
    assert(p99Seconds! > 0);
    assertMatch(byService.get("none")!.error!, /none/);
    assertEquals([...Deno.readDirSync(host)].filter(({ name }) => name.includes("probe")), []);
  });

  it("can't be without a release, an authority or a connection, which is said", async () => {
    assertEquals(
      await probe({ connect: () => connectHere("/nowhere") }),
      "c1 has no release to probe with; deploy to it",
    );
    const paths = fleetPathsOf({ get: () => "/nowhere" }, "f");
    assertMatch(String(await probe({ paths })), /must have the fleet's authority/);
    const connect = (): Promise<Connection> =>
      Promise.reject(new UnreachableError("c1", "network", "no route"));
    assertEquals(await probe({ connect }), "no route");
  });
});

describe("what a host says of probes", () => {
  const tunnels = tunnelsTo(1, "web", "db");
  const well: ServiceProbe = { relay: "r1", serviceId: "web", sent: 20, lost: 1, p99Seconds: 0.1 };
  const read = (...values: unknown[]): ServiceProbe[] =>
    readProbes(values.map((value) => JSON.stringify(value)), tunnels);

  it("counts for what was asked, once", () => {
    const failed = { ...well, serviceId: "db", sent: 0, lost: 0, p99Seconds: null, error: "no" };
    assertEquals(read(well, failed, { ...well, lost: 2 }), [{ ...well, lost: 2 }, failed]);
    assertEquals(read({ ...well, serviceId: "other" }, { ...well, relay: "r2" }), []);
  });

  it("counts for nothing when it can't be", () => {
    const odd = [{ lost: 21 }, { sent: -1 }, { p99Seconds: -1 }, { sent: "20" }, { relay: null }];
    assertEquals(read(...odd.map((change) => ({ ...well, ...change })), null, [], "x"), []);
  });

  it("is never an error, and bounded", () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.json())), (lines) => {
      readProbes(lines, tunnels);
    }));
    const [found] = read({ ...well, error: "x".repeat(100_000) });
    assertEquals(found?.error?.length, 300);
  });
});
