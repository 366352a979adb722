import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { parseHttpAnswer } from "./http_answer.ts";
import { parseStatusAnswer } from "./program_status.ts";

function answer(
  value: unknown,
  head = "HTTP/1.1 200 OK\r\nContent-Type: application/json",
): string {
  return `${head}\r\n\r\n${JSON.stringify(value, null, 2)}\n`;
}

describe("parseHttpAnswer", () => {
  it("takes status and body", () => {
    const text = "HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\ndraining: SIGUSR2\r\n\r\nmore";
    assertEquals(parseHttpAnswer(text), { status: 503, body: "draining: SIGUSR2\r\n\r\nmore" });
  });

  for (
    const text of ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 20\r\n\r\n"]
  ) {
    it(`takes no ${JSON.stringify(text)}`, () => assertEquals(parseHttpAnswer(text), undefined));
  }
});

describe("parseStatusAnswer", () => {
  const drain = {
    draining: true,
    since: "2030-01-02T03:04:05.678Z",
    connections: 3,
    agents: 1,
    connectors: 2,
    connectionsAtStart: 5,
    closedWhileDraining: 2,
  };

  it("reads a relay's", () => {
    const status = parseStatusAnswer(answer({
      release: "0.1.0-abc",
      instance: "01020304",
      uptimeSeconds: 1.5,
      connections: { total: 4, agents: 1, connectors: 2 },
      services: { web: { agents: 1, connectors: [{}, {}] }, "__proto__": { agents: 2 } },
      drain: { ...drain, refusedConnections: 7 },
    }));
    assertEquals(status, {
      release: "0.1.0-abc",
      instance: "01020304",
      uptimeSeconds: 1.5,
      connections: { total: 4, agents: 1, connectors: 2 },
      services: [{ id: "web", agents: 1, connectors: 2 }],
      drain,
    });
  });

  it("reads a connector's", () => {
    const status = parseStatusAnswer(answer({
      release: "r",
      services: [{ id: "web", state: "registered" }, { id: 5 }, null],
      drain: { draining: false, since: null, connections: 1, flows: 2 },
    }));
    assertEquals(status?.services, [{ id: "web", state: "registered" }]);
    assertEquals(status?.drain?.connections, 1);
  });

  it("does without what an older program does not say", () => {
    const status = parseStatusAnswer(answer({ release: "r" }));
    assertEquals([status?.drain, status?.connections, status?.services], [null, null, []]);
  });

  it("takes nothing that is no status", () => {
    for (const value of [[], null, "x", 1]) {
      assertEquals(parseStatusAnswer(answer(value)), undefined, String(value));
    }
    assertEquals(parseStatusAnswer(answer({}, "HTTP/1.1 500 Oops")), undefined);
    assertEquals(parseStatusAnswer("HTTP/1.1 200 OK\r\n\r\n{ cut off"), undefined);
  });

  it("is total and bounded, whatever a program says", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
      const status = parseStatusAnswer(
        answer({ release: a, connections: b, services: c, drain: a }),
      );
      assert(status !== undefined && JSON.stringify(status).length < 1_000_000);
    }));
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${i}`, {}]));
    assertEquals(parseStatusAnswer(answer({ services: many }))?.services.length, 1000);
    const long = parseStatusAnswer(answer({ release: "x".repeat(10_000) }));
    assertEquals(long?.release?.length, 255);
  });
});
