import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { ipProtocol } from "../tunnel/wire/ipv4.ts";
import { type FlowLimits, type FlowTable, FlowTables } from "./flow_table.ts";
import { flowSweepMs, idleSweepsTcp, idleSweepsUdp, maxFlowsPerSweepTurn } from "./limits.ts";
import { ConnectorRegistration, Service } from "./service.ts";

interface Lab {
  readonly clock: FakeClock;
  readonly tables: FlowTables<string>;
  readonly reached: string[];
  connector(): ConnectorRegistration<string>;
}

function createLab(bounds: FlowLimits = { maxFlows: 1000, maxFlowsPerAgent: 100 }): Lab {
  const clock = new FakeClock();
  const reached: string[] = [];
  const service = new Service<string>("web", new Uint8Array([1]));
  return {
    clock,
    reached,
    tables: new FlowTables(clock, { onLimit: (limit) => void reached.push(limit) }, bounds),
    connector: () => new ConnectorRegistration(service, "owner", undefined),
  };
}

const { tcp, udp } = ipProtocol;

describe("FlowTable", () => {
  it("remembers which connector a flow is pinned to", () => {
    const { tables, connector } = createLab();
    const [one, two] = [connector(), connector()];
    const table = tables.create();
    table.pin(1, udp, one);
    table.pin(2, udp, two);
    assertStrictEquals(table.get(1)?.connector, one);
    assertStrictEquals(table.get(2)?.connector, two);
    assertEquals([one.flows, two.flows, tables.size], [1, 1, 2]);
  });

  it("counts a flow that is pinned again once", () => {
    const { tables, connector } = createLab();
    const [one, two] = [connector(), connector()];
    const table = tables.create();
    table.pin(1, udp, one);
    table.pin(1, udp, two);
    assertEquals([one.flows, two.flows, tables.size, table.size], [0, 1, 1, 1]);
  });

  it("forgets a UDP flow after 5 idle minutes and not before", () => {
    const { clock, tables, connector } = createLab();
    const one = connector();
    const table = tables.create();
    table.pin(1, udp, one);
    clock.advance(idleSweepsUdp * flowSweepMs);
    assertEquals(table.size, 1);
    clock.advance(flowSweepMs);
    assertEquals([table.size, one.flows, tables.size], [0, 0, 0]);
  });

  it("keeps a TCP flow that is idle for two hours", () => {
    const { clock, tables, connector } = createLab();
    const table = tables.create();
    table.pin(1, tcp, connector());
    clock.advance(2 * 3_600_000);
    assertEquals(table.size, 1);
    clock.advance(idleSweepsTcp * flowSweepMs);
    assertEquals(table.size, 0);
  });

  it("keeps a flow that is used", () => {
    const { clock, tables, connector } = createLab();
    const table = tables.create();
    table.pin(1, udp, connector());
    for (let i = 0; i < 20; i++) {
      table.get(1)!.isUsed = true;
      clock.advance(flowSweepMs);
    }
    assertEquals(table.size, 1);
  });

  it("forgets the flows of a connector that has gone", () => {
    const { clock, tables, connector } = createLab();
    const one = connector();
    const table = tables.create();
    table.pin(1, tcp, one);
    one.owner = undefined;
    clock.advance(flowSweepMs);
    assertEquals(table.size, 0);
  });

  it("makes room for a new flow by forgetting one that was idle", () => {
    const { tables, connector, reached } = createLab({ maxFlows: 1000, maxFlowsPerAgent: 4 });
    const table = tables.create();
    for (const key of [1, 2, 3, 4]) table.pin(key, udp, connector());
    table.sweep();
    table.get(1)!.isUsed = true;
    table.pin(5, udp, connector());
    assertEquals([1, 2, 3, 4, 5].filter((key) => table.get(key)), [1, 3, 4, 5]);
    assertEquals(reached, ["flows_per_agent"]);
  });

  it("makes room even when all flows are in use", () => {
    const { tables, connector } = createLab({ maxFlows: 1000, maxFlowsPerAgent: 20 });
    const table = tables.create();
    for (let key = 0; key < 60; key++) table.pin(key, udp, connector());
    assertEquals([table.size, tables.size], [20, 20]);
    assert(table.get(59));
  });

  it("pins nothing when all tables together are full", () => {
    const { tables, connector, reached } = createLab({ maxFlows: 2, maxFlowsPerAgent: 10 });
    const [one, two] = [tables.create(), tables.create()];
    one.pin(1, udp, connector());
    two.pin(1, udp, connector());
    const third = connector();
    assertEquals(two.pin(2, udp, third), undefined);
    assertEquals([third.flows, tables.size, reached], [0, 2, ["flows"]]);
    one.clear();
    assert(two.pin(2, udp, third));
  });
});

describe("FlowTables", () => {
  it("sets no timer without flows", () => {
    const { clock, tables, connector } = createLab();
    const idle = Array.from({ length: 100 }, () => tables.create());
    assertEquals(clock.pendingTimers, 0);
    idle[0]!.pin(1, udp, connector());
    assertEquals(clock.pendingTimers, 1);
    clock.advance(10 * flowSweepMs);
    assertEquals(clock.pendingTimers, 0);
  });

  it("sweeps every table a minute after its first flow", () => {
    const { clock, tables, connector } = createLab();
    const filled: FlowTable<string>[] = [];
    for (let i = 0; i < 50; i++) {
      const table = tables.create();
      table.pin(1, udp, connector());
      filled.push(table);
      clock.advance(1000);
    }
    assertEquals(filled.every((table) => table.size === 1), true);
    clock.advance((idleSweepsUdp + 1) * flowSweepMs - 1000);
    assertEquals([filled.map((table) => table.size), tables.size], [filled.map(() => 0), 0]);
  });

  it("visits a bounded number of flows at a time and all of them in the end", () => {
    const { clock, tables, connector } = createLab({ maxFlows: 200_000, maxFlowsPerAgent: 5000 });
    const filled = Array.from({ length: 20 }, () => tables.create());
    for (const table of filled) {
      for (let key = 0; key < 5000; key++) table.pin(key, udp, connector());
    }
    const visitsByTurn: number[] = [];
    const { setTimer } = clock;
    clock.setTimer = (callback, delayMs) =>
      setTimer.call(clock, () => {
        visitsByTurn.push(0);
        callback();
      }, delayMs);
    for (const table of filled) {
      const sweep = table.sweep.bind(table);
      table.sweep = () => {
        if (visitsByTurn.length > 0) visitsByTurn.push(visitsByTurn.pop()! + table.size);
        sweep();
      };
    }
    // The first turn's timer was set before the clock was watched.
    clock.advance(2 * flowSweepMs);
    assert(visitsByTurn.length >= 5, String(visitsByTurn));
    assert(Math.max(...visitsByTurn) < maxFlowsPerSweepTurn + 5000, String(visitsByTurn));
    for (const table of filled) table.clear();
    assertEquals(tables.size, 0);
  });

  it("stops its timer when disposed of", () => {
    const { clock, tables, connector } = createLab();
    tables.create().pin(1, udp, connector());
    tables[Symbol.dispose]();
    assertEquals(clock.pendingTimers, 0);
  });
});
