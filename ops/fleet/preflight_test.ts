import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { FleetHost } from "./fleet.ts";
import { checkHost } from "./preflight.ts";
import { parsePreflightFacts, preflightFactsScript } from "./preflight_facts.ts";

const relayHost = {
  name: "r1",
  relay: { bindAddresses: "0.0.0.0", port: 4433, adminAddress: "127.0.0.1", adminPort: 9090 },
} as unknown as FleetHost;

const nowMs = 1_700_000_000_000;

function verdict(
  facts: Partial<Parameters<typeof checkHost>[0]["facts"]>,
  mainPids: { relay?: number } = {},
): ReturnType<typeof checkHost> {
  return checkHost({
    host: relayHost,
    facts: { userId: 0, clockMs: nowMs, takenPorts: [], ...facts },
    mainPids,
    receivedMs: nowMs,
  });
}

describe("checkHost", () => {
  it("finds nothing wrong with root, the right time and free ports", () => {
    assertEquals(verdict({}), { problems: [], warnings: [] });
  });

  const taken = (pids: number[]): Parameters<typeof verdict>[0] => ({
    takenPorts: [{ transport: "udp", address: "*", port: 4433, pids, processName: "other" }],
  });
  const problems: [string, Parameters<typeof verdict>, RegExp][] = [
    ["a user who is not root", [{ userId: 1000 }], /must run as root.*ansible_become/],
    ["a clock that is far behind", [{ clockMs: nowMs - 90_000 }], /90 s behind/],
    ["a clock that is far ahead", [{ clockMs: nowMs + 90_000 }], /90 s ahead of/],
    ["a port of somebody else", [taken([7])], /UDP port 4433 must be free: "other" \(process 7\)/],
    ["such a port while our program runs", [taken([7]), { relay: 8 }], /must be free/],
  ];
  for (const [what, facts, message] of problems) {
    it(`refuses ${what}`, () => {
      const { problems } = verdict(...facts);
      assertEquals(problems.length, 1);
      assertMatch(problems[0]!, message);
    });
  }

  it("refuses a port of metrics that somebody has, where they are shown", () => {
    const metrics = { relay: { ...relayHost.relay, metricsPort: 9490 }, metrics: {} };
    const host = { ...relayHost, ...metrics } as unknown as FleetHost;
    const facts = {
      userId: 0,
      clockMs: nowMs,
      takenPorts: [
        { transport: "tcp" as const, address: "*", port: 9490, pids: [7], processName: "other" },
      ],
    };
    const { problems } = checkHost({ host, facts, mainPids: {}, receivedMs: nowMs });
    assertMatch(problems.join(), /^Cannot start the relay as TCP port 9490 must be free: "other"/);
    const quiet = { ...host, metrics: undefined };
    assertEquals(checkHost({ host: quiet, facts, mainPids: {}, receivedMs: nowMs }).problems, []);
  });

  it("warns of a clock that is a little off", () => {
    assertEquals(verdict({ clockMs: nowMs + 10_000 }).problems, []);
    assertMatch(verdict({ clockMs: nowMs + 10_000 }).warnings[0]!, /^Its clock is 10 s ahead/);
  });

  it("leaves our own program its port, also where the owner is hidden", () => {
    assertEquals(verdict(taken([8]), { relay: 8 }).problems, []);
    assertEquals(verdict(taken([]), { relay: 8 }).problems, []);
  });
});

describe("preflightFactsScript", () => {
  it("prints who has a port, when, and as whom it ran", async () => {
    using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const udp = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
    const { port } = udp.addr as Deno.NetAddr;
    try {
      const script = preflightFactsScript([{ port }, { port: tcp.addr.port }, { port: 1 }]);
      const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
      const facts = parsePreflightFacts(new TextDecoder().decode(stdout));
      const ports = facts?.takenPorts.map(({ transport, port }) => `${transport} ${port}`);
      assertEquals(new Set(ports), new Set([`udp ${port}`, `tcp ${tcp.addr.port}`]));
      assertEquals(facts?.takenPorts.map(({ pids }) => pids), [[Deno.pid], [Deno.pid]]);
      assertEquals(facts?.userId, Deno.uid());
      assertEquals(Math.abs(facts!.clockMs - Date.now()) < 60_000, true);
    } finally {
      udp.close();
    }
  });
});

describe("parsePreflightFacts", () => {
  for (const output of ["", "uid x\nclock 1", "clock 99999999999999999999\nuid 0", "uid 0"]) {
    it(`refuses ${JSON.stringify(output)}`, () => {
      assertEquals(parsePreflightFacts(output), undefined);
    });
  }
});
