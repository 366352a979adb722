import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ListeningSocket } from "../../fleet/listening_sockets.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { processFacts } from "../facts/test_facts.ts";
import type { FindingStatus } from "../finding.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { exposure } from "./exposure.ts";

const host = {
  ...everyRoleHost,
  connector: undefined,
  metrics: { ...everyRoleHost.metrics!, bindAddress: "10.0.0.1" },
};
const programs = {
  relay: processFacts({ pid: 10 }),
  application: processFacts({ pid: 11 }),
  connector: null,
};

function socket(text: string, pid = 10): ListeningSocket {
  const [transport, address, port] = text.split(" ") as ["udp" | "tcp", string, string];
  return { transport, address, port: Number(port), pids: [pid], processName: "deno" };
}

function view(...listening: ListeningSocket[]): Parameters<typeof statuses>[1] {
  const sockets = { areKnown: true, listening };
  return { host, facts: { sockets, processes: { isRoot: true, programs } } };
}

describe("the check of what is open to others", () => {
  it("finds well what is as the inventory has it", () => {
    const change = view(
      socket("udp 0.0.0.0 4433"),
      socket("tcp 127.0.0.1 9090"),
      socket("tcp 10.0.0.1 9490"),
      socket("tcp 127.0.0.1 9999", 11),
      socket("tcp 0.0.0.0 22", 66),
    );
    assertEquals(statuses(exposure, change), [["", "ok"]]);
    assertMatch(onlyVerdict(exposure, change).value, /^4 sockets/);
  });

  const cases: [what: string, socket: ListeningSocket, subject: string, status: FindingStatus][] = [
    ["admin endpoints at all addresses", socket("tcp 0.0.0.0 9090"), "relay TCP 9090", "critical"],
    ["those of both families", socket("tcp * 9090"), "relay TCP 9090", "critical"],
    ["admin endpoints at one address", socket("tcp 10.0.0.1 9090"), "relay TCP 9090", "critical"],
    ["metrics at more than one", socket("tcp 0.0.0.0 9490"), "relay TCP 9490", "critical"],
    ["a local application", socket("udp :: 9999", 11), "application UDP 9999", "critical"],
    ["an unknown port", socket("tcp 0.0.0.0 9229"), "relay TCP 9229", "critical"],
    ["a debugger's on loopback", socket("tcp 127.0.0.1 9229"), "relay TCP 9229", "warning"],
    ["a port of another program", socket("tcp 0.0.0.0 9999", 10), "relay TCP 9999", "critical"],
  ];
  for (const [what, socket, subject, status] of cases) {
    it(`finds ${what} ${status}`, () => {
      const change = view(socket);
      assertEquals(statuses(exposure, change), [[subject, status]]);
      assertMatch(onlyVerdict(exposure, change).remedy, /deno task deploy -i … --limit h/);
    });
  }

  it("only warns of a tunnel at more addresses than wanted", () => {
    const relay = { ...host.relay!, bindAddresses: "10.0.0.1,10.0.0.2" };
    const change = { ...view(socket("udp 0.0.0.0 4433")), host: { ...host, relay } };
    const { status, value } = onlyVerdict(exposure, change);
    assertEquals(status, "warning");
    assertEquals(value, "open at 0.0.0.0 (service), in the inventory only at 10.0.0.1, 10.0.0.2");
  });

  it("has nothing against less than wanted", () => {
    assertEquals(statuses(exposure, view(socket("tcp 127.0.0.1 9490"))), [["", "ok"]]);
  });

  it("says nothing where nothing of ours is known", () => {
    assertEquals(statuses(exposure, view(socket("tcp 0.0.0.0 9090", 66))), []);
    assertEquals(statuses(exposure, {}), []);
  });
});
