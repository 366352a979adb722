import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SystemSocket } from "./system_socket.ts";

const bind = (): Deno.DatagramConn =>
  Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });

describe("SystemSocket", { skip: Deno.build.os !== "linux" }, () => {
  it("finds its socket where another thread has taken the next descriptor", () => {
    const taken: Disposable[] = [];
    const { socket, system } = SystemSocket.open(() => {
      for (let count = 0; count < 3; count++) taken.push(Deno.openSync("/dev/null"));
      return bind();
    });
    try {
      assert(system!.setBuffers({ receive: 65_536 }) >= 65_536);
    } finally {
      system?.close();
      socket.close();
      for (const file of taken) file[Symbol.dispose]();
    }
  });

  it("takes no socket for streams for one of the same address", () => {
    const { socket, system } = SystemSocket.open(() => {
      const socket = bind();
      const { hostname, port } = socket.addr as Deno.NetAddr;
      const listener = Deno.listen({ hostname, port });
      // As if Deno's socket were not to be found, and the listener were.
      socket.close();
      return { addr: socket.addr, close: () => listener.close() } as Deno.DatagramConn;
    });
    try {
      assertEquals(system, undefined);
    } finally {
      socket.close();
    }
  });
});
