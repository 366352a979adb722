import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { programPorts } from "./program_ports.ts";
import { everyRoleHost } from "./test_fleet_host.ts";

describe("programPorts", () => {
  const texts = (host: Parameters<typeof programPorts>[0]): string[] =>
    programPorts(host).map(({ program, purpose, transport, port, addresses }) =>
      `${program} ${purpose} ${transport} ${addresses.join("+")} ${port}`
    );

  it("has the ports of all programs, and of metrics where they are shown", () => {
    assertEquals(texts(everyRoleHost), [
      "relay service udp 0.0.0.0 4433",
      "relay admin tcp 127.0.0.1 9090",
      "connector admin tcp 127.0.0.1 9091",
      "application service udp 127.0.0.1 9999",
      "application service tcp 127.0.0.1 9999",
      "relay metrics tcp 0.0.0.0 9490",
      "connector metrics tcp 0.0.0.0 9491",
    ]);
  });

  it("has all addresses of a relay, and no port that is switched off", () => {
    const relay = { ...everyRoleHost.relay!, bindAddresses: "10.0.0.1,::1", adminPort: 0 };
    const host = {
      ...everyRoleHost,
      ...{ relay, connector: undefined, application: undefined, metrics: undefined },
    };
    assertEquals(texts(host), ["relay service udp 10.0.0.1+::1 4433"]);
  });
});
