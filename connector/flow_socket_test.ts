import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { waitFor } from "../tests/support/wait.ts";
import { FlowSocket, foreignReceived, nothingReceived } from "./flow_socket.ts";
import { TestBackend } from "./test_backend.ts";

const isLinux = Deno.build.os === "linux";

function withBackend(
  hostname: string,
  test: (socket: FlowSocket, backend: TestBackend) => Promise<void>,
): () => Promise<void> {
  return async () => {
    using backend = new TestBackend(hostname);
    backend.answer = () => undefined;
    const socket = new FlowSocket({ hostname, port: backend.address.port });
    try {
      await test(socket, backend);
    } finally {
      socket.close();
    }
  };
}

describe("FlowSocket", () => {
  it("finds its descriptor on Linux, and does without elsewhere and when told to", () => {
    const to = { hostname: "127.0.0.1", port: 9 };
    for (const useSystemCalls of [true, false]) {
      const sockets = Array.from({ length: 20 }, () => new FlowSocket(to, useSystemCalls));
      for (const socket of sockets) {
        assertEquals(socket.usesSystemCalls, isLinux && useSystemCalls);
        socket.close();
      }
    }
  });

  for (const hostname of ["127.0.0.1", "::1"]) {
    it(
      `sends and receives at once with ${hostname}`,
      { skip: !isLinux && "system calls are for Linux" },
      withBackend(hostname, async (socket, backend) => {
        assert(socket.sendNow(new Uint8Array([1, 2, 3])));
        await waitFor(() => backend.received.length === 1, "the datagram");
        const { data, from } = backend.received[0]!;
        assertEquals(data, new Uint8Array([1, 2, 3]));
        const buffer = new Uint8Array(8);
        assertEquals(socket.receiveNow(buffer), nothingReceived);
        await backend.send(new Uint8Array([7]), from);
        let length = nothingReceived;
        await waitFor(() => (length = socket.receiveNow(buffer)) !== nothingReceived, "the reply");
        assertEquals([length, buffer[0]], [1, 7]);
        await backend.send(new Uint8Array(0), from);
        await waitFor(() => (length = socket.receiveNow(buffer)) !== nothingReceived, "the empty");
        assertEquals(length, 0);
      }),
    );

    it(
      `tells datagrams from elsewhere apart with ${hostname}`,
      { skip: !isLinux && "system calls are for Linux" },
      withBackend(hostname, async (socket, backend) => {
        using stranger = new TestBackend(hostname);
        assert(socket.sendNow(new Uint8Array(1)));
        await waitFor(() => backend.received.length === 1, "the datagram");
        await stranger.send(new Uint8Array(5), backend.received[0]!.from);
        let length = nothingReceived;
        const buffer = new Uint8Array(8);
        await waitFor(() => (length = socket.receiveNow(buffer)) !== nothingReceived, "it");
        assertEquals(length, foreignReceived);
      }),
    );
  }

  it("leaves what the system doesn't take to the other way", () => {
    const socket = new FlowSocket({ hostname: "127.0.0.1", port: 9 });
    assertEquals(socket.sendNow(new Uint8Array(70_000)), false);
    socket.close();
  });

  it("never touches its descriptor's next owner after its end", () => {
    const to = { hostname: "127.0.0.1", port: 9 };
    const first = new FlowSocket(to);
    first.close();
    const next = new FlowSocket(to);
    assertEquals(first.sendNow(new Uint8Array(1)), false);
    assertEquals(first.receiveNow(new Uint8Array(1)), nothingReceived);
    assertEquals(first.usesSystemCalls, false);
    next.close();
  });
});
