import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as v from "valibot";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { counters } from "./counters.ts";
import { ask, parse } from "./test_source.ts";

const output =
  `/proc/net/snmp:Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors InCsumErrors
/proc/net/snmp:Udp: 1000 7 30 900 20 5
/proc/net/snmp6:Udp6InDatagrams                 \t200
/proc/net/snmp6:Udp6InErrors                    \t4
/proc/net/snmp6:Udp6RcvbufErrors                \t3
/proc/net/snmp6:Udp6InCsumErrors                \t1
/proc/vmstat:oom_kill 2
`;

describe("the kernel's counters", () => {
  it("are those of IPv4 and IPv6 together", () => {
    assertEquals(parse(counters, output), {
      received: 1200,
      dropped: 34,
      droppedForRoom: 23,
      droppedAsDamaged: 6,
      memoryKills: 2,
    });
  });

  it("do without IPv6, and without a count of processes that were killed", () => {
    const facts = parse(counters, output.split("\n").slice(0, 2).join("\n"));
    assertEquals([facts?.received, facts?.memoryKills], [1000, 0]);
  });

  it("are none without those of UDP", () => {
    for (const text of ["", "/proc/net/snmp:Udp: InDatagrams\n/proc/net/snmp:Udp: x\n"]) {
      assertEquals(parse(counters, text), undefined);
    }
  });

  it("can be kept as JSON", () => {
    const facts = parse(counters, output);
    assertEquals(v.parse(counters.kept, JSON.parse(JSON.stringify(facts))), facts);
  });

  it("count a datagram of this machine", { skip: needsLinux }, async () => {
    const socket = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
    try {
      const before = (await ask(counters)).facts!;
      await socket.send(new Uint8Array(1), socket.addr);
      await socket.receive();
      const after = (await ask(counters)).facts!;
      assert(after.received > before.received);
    } finally {
      socket.close();
    }
  });
});
