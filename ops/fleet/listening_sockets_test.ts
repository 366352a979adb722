import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { listeningSocketsScript, readListeningSockets } from "./listening_sockets.ts";

describe("readListeningSockets", () => {
  it("reads where a socket listens, and who has it", () => {
    const lines = [
      "udp UNCONN 0 0 127.0.0.1%lo:53 0.0.0.0:* " +
      'users:(("dns",pid=12,fd=3),("dns",pid=13,fd=3))',
      "tcp LISTEN 0 128 [::]:22 [::]:*",
      "tcp   LISTEN 0      128  *:80   *:*  ",
      "udp UNCONN 0 0 [fe80::1]%eth0:546 [::]:*",
    ];
    assertEquals(readListeningSockets(lines, 10), [
      { transport: "udp", address: "127.0.0.1", port: 53, pids: [12, 13], processName: "dns" },
      { transport: "tcp", address: "::", port: 22, pids: [], processName: undefined },
      { transport: "tcp", address: "*", port: 80, pids: [], processName: undefined },
      { transport: "udp", address: "fe80::1", port: 546, pids: [], processName: undefined },
    ]);
    assertEquals(readListeningSockets(lines, 2).length, 2);
  });

  it("makes nothing of lines that are no sockets, and never throws", () => {
    const lines = [
      "",
      "tcp",
      "tcp LISTEN 0 1 x:y z",
      "unix u_str LISTEN 0 1 /run/x 1",
      "udp : : :",
    ];
    assertEquals(readListeningSockets(lines, 10), []);
    fc.assert(fc.property(fc.array(fc.string()), (lines) => {
      assert(readListeningSockets(lines, 3).length <= 3);
    }));
  });
});

describe("listeningSocketsScript", { skip: Deno.build.os !== "linux" }, () => {
  async function find(ports: number[], allTcp?: boolean): Promise<string[]> {
    const script = listeningSocketsScript({ ports, max: 1000, ...allTcp && { allTcp } });
    const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
    const sockets = readListeningSockets(new TextDecoder().decode(stdout).split("\n"), 1000);
    return sockets
      .filter(({ pids }) => pids.includes(Deno.pid))
      .map(({ transport, address, port }) => `${transport} ${address} ${port}`);
  }

  it("prints what is at the ports, and all of TCP where that is wanted", async () => {
    using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const udp = Deno.listenDatagram({ hostname: "0.0.0.0", port: 0, transport: "udp" });
    const { port } = udp.addr as Deno.NetAddr;
    try {
      assertEquals(await find([port]), [`udp 0.0.0.0 ${port}`]);
      assertEquals(await find([]), []);
      assertEquals(await find([], true), [`tcp 127.0.0.1 ${tcp.addr.port}`]);
    } finally {
      udp.close();
    }
  });
});
