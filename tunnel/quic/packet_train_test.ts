import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { waitFor } from "../../tests/support/wait.ts";
import { maxTrainPackets } from "./limits.ts";
import { PacketTrain } from "./packet_train.ts";
import { UdpSocket } from "./udp_socket.ts";

const here = { hostname: "127.0.0.1", port: 1 };
const there = { hostname: "127.0.0.1", port: 2 };

describe("PacketTrain", () => {
  it("takes packets of one length for one destination, and a shorter one as its last", () => {
    const train = new PacketTrain();
    train.add(new Uint8Array(100), here);
    assertEquals(
      [train.takes(100, here), train.takes(101, here), train.takes(100, there)],
      [true, false, false],
    );
    train.add(new Uint8Array(60), here);
    assertEquals([train.takes(60, here), train.takes(100, here)], [false, false]);
    assertEquals([...train.split()].map(({ length }) => length), [100, 60]);
    train.clear();
    assertEquals([train.takes(1350, there), train.length], [true, 0]);
  });

  it("carries an empty packet alone", () => {
    const train = new PacketTrain();
    train.add(new Uint8Array(0), here);
    assertEquals([[...train.split()].length, train.takes(0, here)], [1, false]);
    train.clear();
    train.add(new Uint8Array(10), here);
    assertEquals(train.takes(0, here), false);
  });

  it("has an end", () => {
    const train = new PacketTrain();
    for (let count = 0; count < maxTrainPackets; count++) train.add(new Uint8Array(1350), here);
    assertEquals(train.takes(1350, here), false);
  });
});

describe("A burst of packets of all lengths for two destinations", () => {
  for (const useSystemCalls of [true, false]) {
    it(`arrives whole and in order, ${useSystemCalls ? "in trains" : "by Deno"}`, async () => {
      const loopback = { hostname: "127.0.0.1", port: 0 };
      const sender = UdpSocket.bind(loopback, useSystemCalls);
      const receivers = [UdpSocket.bind(loopback), UdpSocket.bind(loopback)];
      const received: string[][] = [[], []];
      const receptions = receivers.map((socket, index) =>
        socket.receive((data) => received[index]!.push(`${data[0]} ${data.length}`), () => {})
      );
      const lengths = [1200, 1200, 1200, 40, 40, 1350, 600, 600, 600, 601, 1, 1350, 1350, 1349];
      const sent: string[][] = [[], []];
      for (const [index, length] of lengths.entries()) {
        const to = index % 5 === 4 ? 1 : 0;
        const buffer = sender.acquireBuffer()!;
        buffer[0] = index;
        sender.send(buffer, length, receivers[to]!.address);
        sent[to]!.push(`${index} ${length}`);
      }
      await waitFor(() => received.flat().length === lengths.length, "all packets");
      // Deno reverses what a fresh socket can't take at once; nothing above relies on its order.
      if (useSystemCalls) assertEquals(received, sent);
      else assertEquals(received.map((each) => each.sort()), sent.map((each) => each.sort()));
      for (const socket of [sender, ...receivers]) socket.close();
      await Promise.all(receptions);
    });
  }
});
