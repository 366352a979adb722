import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { Counter } from "../tunnel/instruments.ts";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { observedAddressRetryMs } from "./limits.ts";
import { ObservedAddresses } from "./observed_address.ts";
import { Peer } from "./peer.ts";
import { TestConnection } from "./test_bench.ts";

interface Lab {
  readonly clock: FakeClock;
  readonly sent: Counter;
  readonly observed: ObservedAddresses;
  readonly connection: TestConnection;
  readonly peer: Peer;
}

function createLab(): Lab {
  const clock = new FakeClock();
  const sent = new Counter();
  const connection = new TestConnection(1);
  const peer = new Peer(connection, undefined, 0);
  return { clock, sent, connection, peer, observed: new ObservedAddresses(clock, sent) };
}

describe("ObservedAddresses", () => {
  const vectors: [id: string, hostname: string, port: number, message: string][] = [
    ["D01", "203.0.113.5", 54_321, "01cb007105d431"],
    ["D02", "127.0.0.1", 4433, "017f0000011151"],
    ["D03", "192.168.1.100", 12_345, "01c0a801643039"],
    ["D01, as IPv4-mapped IPv6", "::ffff:203.0.113.5", 54_321, "01cb007105d431"],
  ];
  for (const [id, hostname, port, message] of vectors) {
    it(`sends ${id}`, () => {
      const { connection, observed, peer, sent } = createLab();
      connection.remoteAddress = { hostname, port };
      observed.tell(peer);
      assertEquals([connection.received.map((data) => data.toHex()), sent.value], [[message], 1]);
    });
  }

  it("tells a client with an IPv6 address nothing", () => {
    const { connection, observed, peer, clock } = createLab();
    connection.remoteAddress = { hostname: "2001:db8::1", port: 1 };
    observed.tell(peer);
    assertEquals([connection.received.length, clock.pendingTimers], [0, 0]);
  });

  it("tries again while the queue is full, with the newest address, once", () => {
    const { clock, connection, observed, peer, sent } = createLab();
    connection.refusal = "queue_full";
    observed.tell(peer);
    clock.advance(3 * observedAddressRetryMs);
    connection.remoteAddress = { hostname: "192.168.1.100", port: 12_345 };
    connection.refusal = undefined;
    clock.advance(observedAddressRetryMs);
    assertEquals(connection.received.map((data) => data.toHex()), ["01c0a801643039"]);
    assertEquals([sent.value, observed.waitingCount, clock.pendingTimers], [1, 0, 0]);
  });

  for (const refusal of ["too_long", "closed"] as const) {
    it(`gives up when the connection says ${refusal}`, () => {
      const { clock, connection, observed, peer } = createLab();
      connection.refusal = refusal;
      observed.tell(peer);
      assertEquals([observed.waitingCount, clock.pendingTimers], [0, 0]);
    });
  }

  it("gives up when the client has gone, and when it is disposed of", () => {
    const { clock, connection, observed, peer } = createLab();
    connection.refusal = "queue_full";
    observed.tell(peer);
    observed.forget(peer);
    clock.advance(observedAddressRetryMs);
    assertEquals(clock.pendingTimers, 0);
    observed.tell(peer);
    observed[Symbol.dispose]();
    assertEquals([observed.waitingCount, clock.pendingTimers], [0, 0]);
  });
});
