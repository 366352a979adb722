import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ListeningSocket } from "../../fleet/listening_sockets.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import type { ProcessesFacts } from "../facts/processes.ts";
import { processFacts } from "../facts/test_facts.ts";
import { onlyVerdict, statuses, testView } from "../test_view.ts";
import { ports } from "./ports.ts";

const host = {
  ...everyRoleHost,
  connector: undefined,
  application: undefined,
  metrics: undefined,
};
const relay = processFacts({ pid: 10 });
const tunnel: ListeningSocket = {
  ...{ transport: "udp", address: "0.0.0.0", port: 4433, pids: [10], processName: "deno" },
};
const admin: ListeningSocket = {
  ...{ transport: "tcp", address: "127.0.0.1", port: 9090, pids: [10], processName: "deno" },
};

function view(
  listening: ListeningSocket[],
  programs: ProcessesFacts["programs"] = { relay },
): Parameters<typeof statuses>[1] {
  return {
    host,
    facts: { sockets: { areKnown: true, listening }, processes: { isRoot: true, programs } },
  };
}

describe("the check of ports", () => {
  it("finds ports well that their program has", () => {
    const well = [["UDP 4433", "ok"], ["TCP 9090", "ok"]];
    assertEquals(statuses(ports, view([tunnel, admin])), well);
    assertEquals(
      statuses(ports, view([{ ...tunnel, pids: [] }, { ...admin, pids: [7, 10] }])),
      well,
      "also where their owner is hidden, or has others beside it",
    );
  });

  it("finds a port that something else has, whether the program runs or not", () => {
    const other = { ...tunnel, pids: [66], processName: "nginx" };
    for (const programs of [{ relay }, { relay: null }]) {
      const [found] = statuses(ports, view([other, admin], programs));
      assertEquals(found, ["UDP 4433", "critical"]);
    }
    const { value, remedy } = onlyVerdict(ports, view([{ ...other, port: 4433 }], { relay: null }));
    assertEquals(value, `"nginx" (process 66) has the relay's port`);
    assertMatch(remedy, /deno task exec -i … h -- ps -fp 66$/);
  });

  it("finds something else beside the program at its port", () => {
    const beside = { ...tunnel, address: "10.0.0.1", pids: [66], processName: "x\x1b[2J" };
    const { value } = onlyVerdict(ports, view([beside, tunnel], { relay: null }));
    assertEquals(value, String.raw`"x\u001b[2J" (process 66) has the relay's port`);
  });

  it("leaves others their own addresses", () => {
    const prometheus = { ...admin, address: "10.0.0.1", pids: [66] };
    assertEquals(statuses(ports, view([tunnel, admin, prometheus])), [
      ["UDP 4433", "ok"],
      ["TCP 9090", "ok"],
    ]);
  });

  it("finds a port at which its program does not listen, once it is there", () => {
    assertEquals(statuses(ports, view([admin])), [["UDP 4433", "critical"], ["TCP 9090", "ok"]]);
    const starting = processFacts({ pid: 10, state: "activating" });
    assertEquals(statuses(ports, view([admin], { relay: starting })), [["TCP 9090", "ok"]]);
  });

  it("finds an address at which its program does not listen, of several", () => {
    const two = { ...host, relay: { ...host.relay!, bindAddresses: "10.0.0.1,10.0.0.2" } };
    const change = { ...view([{ ...tunnel, address: "10.0.0.2" }, admin]), host: two };
    assertEquals(statuses(ports, change), [["UDP 4433", "critical"], ["TCP 9090", "ok"]]);
    const [verdict] = ports.evaluate(testView(change));
    assertEquals(verdict?.value, "the relay runs, and does not listen there at 10.0.0.1");
  });

  it("leaves programs that are down to another check", () => {
    assertEquals(statuses(ports, view([], { relay: null })), []);
  });

  it("says so where the host has no ss", () => {
    const facts = {
      sockets: { areKnown: false, listening: [] },
      processes: { isRoot: true, programs: { relay } },
    };
    const { status, remedy } = onlyVerdict(ports, { host, facts });
    assertEquals(status, "warning");
    assertMatch(remedy, /iproute2$/);
  });

  it("says nothing where the host did not tell whose is whose", () => {
    assertEquals(statuses(ports, view([{ ...tunnel, pids: [66] }], {})), []);
    assertEquals(statuses(ports, { host }), []);
  });
});
