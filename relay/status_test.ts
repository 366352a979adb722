import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { Lifecycle, type ProcessControl } from "../tunnel/lifecycle.ts";
import { silentLogger } from "../tunnel/log.ts";
import { type RelayStatus, relayStatus } from "./status.ts";
import { TestBench } from "./test_bench.ts";

const control: ProcessControl = {
  addSignalListener(): void {},
  removeSignalListener(): void {},
  exit(): void {},
};

function statusOf(bench: TestBench, lifecycle = createLifecycle()): RelayStatus {
  return relayStatus({
    build: { version: "1.2.3", release: "1.2.3-abc", instance: "01020304" },
    lifecycle,
    registry: bench.registry,
    connections: 7,
    clients: 5,
    refusedConnections: 3,
    drain: bench.drain,
    requireClientCertificate: false,
    nowMs: bench.clock.now(),
    startedAtMs: 1_000_000,
  });
}

function createLifecycle(): Lifecycle {
  return new Lifecycle({ logger: silentLogger, control });
}

describe("relayStatus", () => {
  it("says what runs, and who is registered for what", () => {
    const bench = new TestBench();
    bench.registered("agent", ["web", "db"]);
    bench.registered("connector", ["web"], "conn-1");
    bench.registered("connector", ["db"]);
    bench.clock.advance(12_345);
    const agent = bench.registered("agent", ["web"]);
    agent.sendRouted("web", new Uint8Array(20).fill(0x45));
    const lifecycle = createLifecycle();
    lifecycle.setReady();
    assertEquals(statusOf(bench, lifecycle), {
      version: "1.2.3",
      release: "1.2.3-abc",
      instance: "01020304",
      uptimeSeconds: 12.345,
      ready: true,
      phase: "ready",
      requireClientCert: false,
      connections: { total: 7, agents: 2, connectors: 2 },
      services: {
        web: {
          agents: 2,
          connectors: [{ identity: "conn-1", connectedSeconds: 12.345, flows: 1 }],
        },
        db: { agents: 1, connectors: [{ identity: null, connectedSeconds: 12.345, flows: 0 }] },
      },
      servicesOmitted: 0,
      drain: {
        draining: false,
        since: null,
        connections: 5,
        agents: 2,
        connectors: 2,
        connectionsAtStart: 0,
        closedWhileDraining: 0,
        refusedConnections: 3,
        refusedRegistrations: 0,
      },
    });
  });

  it("is not ready before the start is complete and while draining", () => {
    const lifecycle = createLifecycle();
    const bench = new TestBench();
    assertEquals([statusOf(bench, lifecycle).ready, lifecycle.phase], [false, "starting"]);
    lifecycle.setReady();
    void lifecycle.drain("test");
    const { ready, phase } = statusOf(bench, lifecycle);
    assertEquals([ready, phase], [false, "draining"]);
  });

  it("has a bounded size, however many services and connectors there are", () => {
    const bench = new TestBench();
    for (let i = 0; i < 2000; i++) bench.registered("agent", [`${i}`.padStart(255, "x")]);
    for (let i = 0; i < 100; i++) bench.registered("connector", ["0".padStart(255, "x")], `c${i}`);
    const status = statusOf(bench);
    assertEquals([Object.keys(status.services).length, status.servicesOmitted], [500, 1500]);
    assertEquals(status.services["0".padStart(255, "x")]?.connectors.length, 50);
    assert(JSON.stringify(status).length < 250_000);
  });

  it("lists services with any name", () => {
    const bench = new TestBench();
    for (const id of ["__proto__", "", "constructor"]) bench.registered("agent", [id]);
    assertEquals(Object.keys(JSON.parse(JSON.stringify(statusOf(bench).services))).sort(), [
      "",
      "__proto__",
      "constructor",
    ]);
  });
});
