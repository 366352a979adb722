import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Connector } from "../../connector/connector.ts";
import type { Relay } from "../../relay/relay.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";

const admin = { hostname: "127.0.0.1", port: 0 };

const programs = [
  {
    program: "relay",
    start: (lab: TunnelLab): Promise<Relay | Connector> => lab.openRelay({ admin }),
  },
  {
    program: "connector",
    start: async (lab: TunnelLab): Promise<Relay | Connector> =>
      await lab.connector(await lab.openRelay(), { a: lab.backend() }, { config: { admin } }),
  },
] as const;

function connect(program: Relay | Connector): Promise<Deno.TcpConn> {
  return Deno.connect({ ...program.adminAddress!, transport: "tcp" });
}

async function ask(program: Relay | Connector, ...parts: string[]): Promise<string> {
  using connection = await connect(program);
  for (const part of parts) await connection.write(new TextEncoder().encode(part));
  return await new Response(connection.readable).text();
}

for (const { program, start } of programs) {
  describe(`the ${program}'s admin endpoints`, () => {
    it("answer what monitoring asks", async () => {
      await using lab = await TunnelLab.create();
      const running = await start(lab);
      const { port } = running.adminAddress!;
      const status = async (path: string, init?: RequestInit): Promise<number> => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
        await response.body?.cancel();
        return response.status;
      };
      for (const path of ["/healthz", "/readyz", "/metrics", "/status"]) {
        assertEquals(await status(path), 200, path);
        assertEquals(await status(path, { method: "HEAD" }), 200, path);
        assertEquals(await status(path, { method: "POST" }), 405, path);
      }
      assertEquals(await status("/elsewhere"), 404);
      const described = await (await fetch(`http://127.0.0.1:${port}/status`)).json();
      assertEquals([described.ready, described.phase], [true, "ready"]);
    });

    it("answer requests that come in pieces [LR23]", async () => {
      await using lab = await TunnelLab.create();
      const running = await start(lab);
      const answer = await ask(running, "GET /hea", "lthz HTTP/1.1\r", "\nHost: x\r\n", "\r\n");
      assert(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer);
      assertStringIncludes(answer, "\r\n\r\nok\n");
    });

    it("are not held up by clients that say nothing, and hold nothing up [LR23]", async () => {
      await using lab = await TunnelLab.create();
      const running = await start(lab);
      using silent = await connect(running);
      using halfway = await connect(running);
      await halfway.write(new TextEncoder().encode("GET /metr"));
      assertStringIncludes(await ask(running, "GET /healthz HTTP/1.0\r\n\r\n"), "200 OK");
      assert(silent.localAddr.port !== halfway.localAddr.port);
    });

    it("listen on loopback unless told otherwise [LC35]", async () => {
      const { relayProgram } = await import("../../relay/config.ts");
      const { connectorProgram } = await import("../../connector/config.ts");
      for (const { options } of [relayProgram, connectorProgram]) {
        assertEquals(options.metricsBind.default, "127.0.0.1");
      }
    });
  });
}

describe("the relay's packet path", () => {
  it("does not wait for admin clients [LR23]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ admin });
    const connector = await lab.registered(relay, "connector", "a");
    const agent = await lab.registered(relay, "agent", "a");
    const slow = await Promise.all(Array.from({ length: 20 }, () => connect(relay)));
    try {
      for (const connection of slow) {
        await connection.write(new TextEncoder().encode("GET /metrics HTTP/1.1\r\n"));
      }
      for (let index = 0; index < 20; index++) {
        agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", `${index}`));
        assertEquals(await connector.nextPacket(), `10.0.0.1:1 > 10.100.0.1:2 ${index}`);
      }
    } finally {
      for (const connection of slow) connection.close();
    }
  });
});

describe("/status", () => {
  it("says who is there, and nothing that must stay secret", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay({ admin });
    const identity = await lab.identity("connector", ["web"], "connector-7");
    const connector = await lab.connector(relay, { web: lab.backend() }, {
      identity,
      config: { admin },
    });
    const agent = await lab.registered(relay, "agent", "web", await lab.identity("agent", ["web"]));
    agent.sendRouted("web", udpPacket("10.0.0.1:1 > 10.100.0.1:2", "x"));
    await agent.nextPacket();
    const read = async (program: Relay | Connector): Promise<string> =>
      await (await fetch(`http://127.0.0.1:${program.adminAddress!.port}/status`)).text();
    const [atRelay, atConnector] = [await read(relay), await read(connector)];
    const { services, connections } = JSON.parse(atRelay);
    assertEquals(connections, { total: 2, agents: 1, connectors: 1 });
    assertEquals(services.web.agents, 1);
    assertEquals(services.web.connectors[0].identity, "connector-7");
    assertEquals(services.web.connectors[0].flows, 1);
    const [service] = JSON.parse(atConnector).services;
    assertEquals([service.id, service.state, service.flows], ["web", "registered", 1]);
    for (const text of [atRelay, atConnector]) {
      assert(!text.includes("PRIVATE") && !text.includes(identity.keyFile), text);
    }
  });
});
