import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { readPem } from "../../../tunnel/pem.ts";
import { fleetPathsOf } from "../../fleet/fleet_paths.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import { RelayStandIn } from "../../probe/relay_stand_in.ts";
import { lookAtTunnels } from "./look_at_tunnels.ts";
import { fleetOf, testConnector, TestLaptop, testRelay } from "./test_tunnels.ts";
import type { TunnelLook } from "./tunnel_look.ts";

const { signal } = new AbortController();

describe("a look at tunnels", () => {
  let laptop: TestLaptop;
  before(async () => {
    laptop = await TestLaptop.create();
  });
  after(() => laptop[Symbol.dispose]());

  const look = (fleet: Fleet, limit: AbortSignal = signal): Promise<TunnelLook> =>
    lookAtTunnels({ fleet, paths: laptop.paths, limit, signal });
  const summary = ({ probes }: TunnelLook): string[] =>
    probes.map(({ relay, serviceId, sent, lost }) => `${relay} ${serviceId} ${sent} ${lost}`);

  it("probes each service by each relay, and sees what the relay presents", async () => {
    await using standIn = new RelayStandIn(laptop.relayTls, { services: ["web", "db"] });
    const { port } = standIn.address;
    const found = await look(
      fleetOf([
        testRelay("r1", port),
        testConnector("c1", "r1", "web", "db"),
        testConnector("c2", "r1", "web"),
      ]),
    );
    assertEquals(summary(found), ["r1 web 20 0", "r1 db 20 0"]);
    assert(found.probes.every(({ p99Seconds }) => p99Seconds !== null && p99Seconds > 0));
    const [expected] = readPem(Deno.readTextFileSync(laptop.relayTls.identity.certificateFile));
    assertEquals(found.served.get("r1")?.der, expected?.der);
    assertEquals([found.omitted, found.ranOutOfTime], [0, false]);
  });

  it("probes of a connector that is selected alone what it provides", async () => {
    await using standIn = new RelayStandIn(laptop.relayTls, { services: ["web", "db"] });
    const hosts = [
      testRelay("r1", standIn.address.port),
      testConnector("c1", "r1", "web"),
      testConnector("c2", "r1", "db"),
    ];
    assertEquals(summary(await look(fleetOf(hosts, ["c2"]))), ["r1 db 20 0"]);
  });

  it("tells of services that are refused, and of packets that are lost", async () => {
    await using standIn = new RelayStandIn(laptop.relayTls, {
      services: ["web"],
      deliver: (reply, index) => index % 2 === 0 ? [reply] : [],
    });
    const found = await look(
      fleetOf([testRelay("r1", standIn.address.port), testConnector("c1", "r1", "web", "none")]),
    );
    assertEquals(summary(found), ["r1 web 20 10", "r1 none 0 0"]);
    assertMatch(found.probes[1]!.error!, /none/);
  });

  const ids = Array.from({ length: 40 }, (_, index) => `s${index}`);

  it("finds out once that a relay does not answer", async () => {
    const started = performance.now();
    const { probes } = await look(fleetOf([testRelay("r1", 1), testConnector("c1", "r1", ...ids)]));
    assert(probes.length === 40 && probes.every(({ error }) => error !== undefined));
    // Each takes 5 s, 16 at once.
    assert(performance.now() - started < 10_000, "services wait for the same relay in turn");
  });

  it("is over with its time, and says what was left out", async () => {
    const limit = new AbortController();
    const looking = look(
      fleetOf([testRelay("r1", 1), testConnector("c1", "r1", ...ids)]),
      limit.signal,
    );
    limit.abort(new Error("over"));
    const { probes, omitted, ranOutOfTime, served } = await looking;
    assertEquals([probes.length, omitted, ranOutOfTime, served.size], [0, 40, true, 0]);
  });

  it("says what this machine lacks", async () => {
    const nowhere = fleetPathsOf({ get: () => `${laptop.directory}/nowhere` }, "f");
    const fleet = fleetOf([testRelay("r1", 1)]);
    const { unavailable } = await lookAtTunnels({ fleet, paths: nowhere, limit: signal, signal });
    assertMatch(unavailable!, /^this machine has no .*probe\.pem$/);
  });

  it("rejects when the sweep is interrupted", async () => {
    const controller = new AbortController();
    controller.abort(new RangeError("enough"));
    const fleet = fleetOf([testRelay("r1", 1)]);
    await assertRejects(
      () => lookAtTunnels({ fleet, paths: laptop.paths, limit: signal, signal: controller.signal }),
      RangeError,
    );
  });
});
