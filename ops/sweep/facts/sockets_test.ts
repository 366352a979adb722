import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { sockets } from "./sockets.ts";
import { ask, parse } from "./test_source.ts";

describe("sockets that listen", () => {
  it("are not known on a host without ss", () => {
    assertEquals(parse(sockets, "unknown\n"), { areKnown: false, listening: [] });
  });

  it("are none of an answer that is cut off", () => {
    assertEquals(parse(sockets, "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*"), undefined);
  });

  it("are all of TCP, and those of UDP at the programs' ports", { skip: needsLinux }, async () => {
    using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const udp = [1, 2].map(() =>
      Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" })
    );
    try {
      const { port } = udp[0]!.addr as Deno.NetAddr;
      const host = { ...everyRoleHost, relay: { ...everyRoleHost.relay!, port } };
      const { facts } = await ask(sockets, { host, sinceSeconds: undefined });
      const ours = facts?.listening.filter(({ pids }) => pids.includes(Deno.pid)) ?? [];
      const found = ours.map(({ transport, port }) => `${transport} ${port}`);
      assert(found.includes(`tcp ${tcp.addr.port}`));
      assertEquals(found.filter((text) => text.startsWith("udp")), [`udp ${port}`]);
    } finally {
      for (const socket of udp) socket.close();
    }
  });
});
