import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { waitFor } from "../../tests/support/wait.ts";
import { ConfigError } from "../errors.ts";
import type { SocketAddress } from "./address.ts";
import { maxPacketsPerTurn, maxSendsInFlight, maxUdpPayloadBytes } from "./limits.ts";
import { UdpSocket } from "./udp_socket.ts";

const loopback: SocketAddress = { hostname: "127.0.0.1", port: 0 };

interface Received {
  readonly bytes: Uint8Array;
  readonly from: SocketAddress;
}

class Receiver implements Disposable {
  readonly socket: UdpSocket;
  readonly packets: Received[] = [];
  turns = 0;

  constructor(useSystemCalls: boolean, address = loopback) {
    this.socket = UdpSocket.bind(address, useSystemCalls);
  }

  start(onPacket: () => void = () => {}): void {
    void this.socket.receive((data, from) => {
      this.packets.push({
        bytes: data.slice(),
        from: { hostname: from.hostname, port: from.port },
      });
      onPacket();
    }, () => this.turns += 1);
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}

function sendTo(socket: UdpSocket, bytes: Uint8Array, to: SocketAddress): void {
  const buffer = socket.acquireBuffer()!;
  buffer.set(bytes);
  socket.send(buffer, bytes.length, to);
}

for (const useSystemCalls of [true, false]) {
  describe(`UdpSocket ${useSystemCalls ? "by system calls" : "by Deno"}`, () => {
    it("tells the port that the system chose", () => {
      using receiver = new Receiver(useSystemCalls);
      assertEquals(receiver.socket.address.hostname, "127.0.0.1");
      assert(receiver.socket.address.port > 0);
    });

    it("carries packets of every size, with their sender", async () => {
      using receiver = new Receiver(useSystemCalls);
      using sender = new Receiver(useSystemCalls);
      receiver.start();
      const sizes = [0, 1, 20, 1200, maxUdpPayloadBytes];
      for (const size of sizes) {
        sendTo(sender.socket, new Uint8Array(size).fill(size & 0xff), receiver.socket.address);
      }
      await waitFor(() => receiver.packets.length === sizes.length, "all packets");
      // Deno does not keep the order of sends that had to wait.
      const packets = receiver.packets.toSorted((a, b) => a.bytes.length - b.bytes.length);
      for (const [index, { bytes, from }] of packets.entries()) {
        assertEquals(bytes, new Uint8Array(sizes[index]!).fill(sizes[index]! & 0xff));
        assertEquals(from, sender.socket.address);
      }
      await waitFor(() => receiver.turns > 0, "the turn's end");
    });

    it("carries packets over IPv6, with the sender written in one form", async () => {
      const address = { hostname: "::1", port: 0 };
      using receiver = new Receiver(useSystemCalls, address);
      using sender = new Receiver(useSystemCalls, address);
      receiver.start();
      for (let count = 0; count < 5; count++) {
        sendTo(sender.socket, new Uint8Array([count]), receiver.socket.address);
      }
      await waitFor(() => receiver.packets.length === 5, "all packets");
      for (const { from } of receiver.packets) assertEquals(from, sender.socket.address);
    });

    it("lets timers run between turns, however many packets wait", async () => {
      using receiver = new Receiver(useSystemCalls);
      using sender = new Receiver(useSystemCalls);
      // Fewer than fill the smallest kernel buffer.
      const packetCount = 4 * maxPacketsPerTurn - 20;
      for (let count = 0; count < packetCount; count++) {
        sendTo(sender.socket, new Uint8Array(1), receiver.socket.address);
        // Sends that the system did not take at once need their turn.
        if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
      let atFirstTimer = -1;
      receiver.start(() => {
        if (receiver.packets.length === 1) {
          setTimeout(() => atFirstTimer = receiver.packets.length, 0);
        }
        const busyUntil = performance.now() + 0.1;
        while (performance.now() < busyUntil);
      });
      await waitFor(() => receiver.packets.length === packetCount, "all packets");
      await waitFor(() => atFirstTimer >= 0, "the timer");
      assert(atFirstTimer <= 2 * maxPacketsPerTurn, `${atFirstTimer} packets came first`);
    });

    it("counts sends that fail, and goes on", async () => {
      using receiver = new Receiver(useSystemCalls);
      using sender = new Receiver(useSystemCalls);
      receiver.start();
      const impossible = [
        { hostname: "127.0.0.1", port: 0 },
        { hostname: "::1", port: 9 },
        { hostname: "192.0.2.1", port: 9 },
      ];
      for (const to of impossible) sendTo(sender.socket, new Uint8Array(10), to);
      await waitFor(() => sender.socket.sendErrors === impossible.length, "the errors");
      sendTo(sender.socket, new Uint8Array(10), receiver.socket.address);
      await waitFor(() => receiver.packets.length === 1, "the packet");
    });

    it("hands out a bounded number of buffers, and tells when one is free again", () => {
      using sender = new Receiver(useSystemCalls);
      let writable = 0;
      sender.socket.onWritable = () => writable += 1;
      const buffers = Array.from(
        { length: maxSendsInFlight },
        () => sender.socket.acquireBuffer()!,
      );
      assertEquals(new Set(buffers).size, maxSendsInFlight);
      for (const buffer of buffers) assertEquals(buffer.length, maxUdpPayloadBytes);
      assertEquals(sender.socket.acquireBuffer(), undefined);
      assertEquals(sender.socket.acquireBuffer(), undefined);
      for (const buffer of buffers) sender.socket.releaseBuffer(buffer);
      assertEquals(writable, 1);
    });

    it("gives a buffer back after every send", async () => {
      using receiver = new Receiver(useSystemCalls);
      using sender = new Receiver(useSystemCalls);
      const distinct = new Set<Uint8Array>();
      for (let count = 0; count < 20; count++) {
        const buffer = sender.socket.acquireBuffer()!;
        distinct.add(buffer);
        const port = count % 2 === 0 ? receiver.socket.address.port : 0;
        sender.socket.send(buffer, 5, { hostname: "127.0.0.1", port });
        await waitFor(() => sender.socket.sendErrors === Math.ceil(count / 2), "the send", 5000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert(distinct.size <= 3, `${distinct.size} buffers`);
    });

    it("refuses a port that is in use, and an address of another host", () => {
      using receiver = new Receiver(useSystemCalls);
      assertThrows(
        () => UdpSocket.bind(receiver.socket.address, useSystemCalls),
        ConfigError,
        `127.0.0.1:${receiver.socket.address.port} as another program uses this port`,
      );
      assertThrows(
        () => UdpSocket.bind({ hostname: "192.0.2.1", port: 0 }, useSystemCalls),
        ConfigError,
        "Cannot listen on UDP 192.0.2.1:0: ",
      );
    });

    it("ends its reception when it is closed, and frees the port", async () => {
      const receiver = new Receiver(useSystemCalls);
      const reception = receiver.socket.receive(() => {}, () => {});
      receiver.socket.close();
      receiver.socket.close();
      await reception;
      UdpSocket.bind(receiver.socket.address, useSystemCalls).close();
    });

    it("ignores sends after it was closed", async () => {
      using receiver = new Receiver(useSystemCalls);
      receiver.start();
      const sender = new Receiver(useSystemCalls);
      const buffer = sender.socket.acquireBuffer()!;
      sender.socket.close();
      // A new socket may get the same descriptor: nothing must go out through it.
      using other = new Receiver(useSystemCalls);
      sender.socket.send(buffer, 5, receiver.socket.address);
      sendTo(other.socket, new Uint8Array([1]), receiver.socket.address);
      await waitFor(() => receiver.packets.length > 0, "a packet");
      assertEquals(receiver.packets.map(({ bytes }) => bytes.length), [1]);
      assertEquals(sender.socket.sendErrors, 0);
    });
  });
}

describe("UdpSocket.memory", () => {
  const skip = Deno.build.os !== "linux";

  it("tells what waits in the system, and what it has dropped", { skip }, async () => {
    using receiver = new Receiver(true);
    using sender = new Receiver(true);
    const { bufferBytes, ...before } = receiver.socket.memory()!;
    assertEquals(bufferBytes, receiver.socket.receiveBufferBytes);
    assertEquals(before, { queuedBytes: 0, drops: 0 });
    const packet = new Uint8Array(maxUdpPayloadBytes);
    await waitFor(() => {
      for (let i = 0; i < 200; i++) sendTo(sender.socket, packet, receiver.socket.address);
      return receiver.socket.memory()!.drops > 0;
    }, "the buffer's overflow");
    const { queuedBytes } = receiver.socket.memory()!;
    assert(queuedBytes > bufferBytes / 2, `${queuedBytes} of ${bufferBytes} bytes`);
  });

  it("tells nothing without system calls, or when the socket is closed", () => {
    using byDeno = new Receiver(false);
    assertEquals(byDeno.socket.memory(), undefined);
    const closed = new Receiver(true);
    closed.socket.close();
    assertEquals(closed.socket.memory(), undefined);
  });
});
