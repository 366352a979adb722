import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { checkPortsDiffer, checkPortsFree, type WantedPort } from "./port_check.ts";
import { findPortOwner, listeningInodes, parseLsof } from "./port_owner.ts";

function wanted(transport: "udp" | "tcp", port: number, flag = "--relay-port"): WantedPort {
  return { transport, port, hostname: "127.0.0.1", program: "relay", flag };
}

describe("checkPortsFree", () => {
  it("is content with ports that nobody has", () => {
    let port: number;
    {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      port = listener.addr.port;
    }
    checkPortsFree([wanted("tcp", port)]);
  });

  it("names port, owner and flag of every port that is taken", () => {
    using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const udp = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
    try {
      const udpPort = (udp.addr as Deno.NetAddr).port;
      const error = assertThrows(
        () => checkPortsFree([wanted("udp", udpPort), wanted("tcp", tcp.addr.port, "--app-port")]),
        ConfigError,
      );
      const [first, second] = error.message.split("\n");
      assertMatch(first!, new RegExp(`UDP port ${udpPort} of 127\\.0\\.0\\.1 .*--relay-port PORT`));
      assertMatch(second!, new RegExp(`TCP port ${tcp.addr.port} .*"--app-port PORT"`));
      if (Deno.build.os === "linux") assert(error.message.includes(`(process ${Deno.pid})`));
    } finally {
      udp.close();
    }
  });

  it("says when an address cannot be listened on at all", () => {
    // 192.0.2.0/24 is for documentation (RFC 5737): no interface has it
    const port = { ...wanted("tcp", 4433), hostname: "192.0.2.1" };
    const error = assertThrows(() => checkPortsFree([port]), ConfigError);
    assertMatch(error.message, /must be allowed to listen/);
  });
});

describe("checkPortsDiffer", () => {
  it("lets UDP and TCP share a number", () => {
    checkPortsDiffer([wanted("udp", 4433), wanted("tcp", 4433)]);
  });

  it("names both flags of two that are equal", () => {
    const ports = [wanted("tcp", 9090, "--relay-admin-port"), wanted("tcp", 9090, "--app-port")];
    const error = assertThrows(() => checkPortsDiffer(ports), ConfigError);
    assertMatch(error.message, /"--app-port" 9090 .* "--relay-admin-port" is 9090/);
  });
});

describe("findPortOwner", () => {
  it("reads the kernel's tables", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:1151 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 111 2",
      "   1: 0100007F:1151 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 222 2",
      "   2: 0100007F:1152 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 333 2",
      "   3: 0100007F:1151 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 444 2",
    ].join("\n");
    assertEquals(listeningInodes(table, { transport: "udp", port: 4433 }), ["111"]);
    assertEquals(listeningInodes(table, { transport: "tcp", port: 4433 }), ["444"]);
    assertEquals(listeningInodes("", { transport: "tcp", port: 4433 }), []);
  });

  it("reads what lsof prints", () => {
    assertEquals(parseLsof("p812\ncmDNSResponder\nf12\n"), { pid: 812, name: "mDNSResponder" });
    assertEquals(parseLsof(""), undefined);
  });

  it("finds nobody where nobody is", () => {
    assertEquals(findPortOwner({ transport: "tcp", port: 1 }), undefined);
  });
});
