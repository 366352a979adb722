import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { type FlowEntry, type FlowKey, type FlowScope, FlowTable } from "./flow_table.ts";

interface Harness {
  readonly table: FlowTable<string>;
  readonly clock: FakeClock;
  /** What has ended and why, in order. */
  readonly ended: string[];
}

function makeTable(options: { maxFlows?: number; maxFlowsPerSource?: number } = {}): Harness {
  const clock = new FakeClock();
  const ended: string[] = [];
  const table = new FlowTable<string>({
    maxFlows: options.maxFlows ?? 100,
    maxFlowsPerSource: options.maxFlowsPerSource ?? 100,
    newFlowsPerSecond: 10,
    idleMs: 60_000,
    clock,
    onEnd: (flow, why) => ended.push(`${flow} ${why}`),
  });
  return { table, clock, ended };
}

function key(source: number, sourcePort = 1000): FlowKey {
  return { source, sourcePort, destination: 0x0a640001, destinationPort: 80 };
}

function find<F>(scope: FlowScope<F>, k: FlowKey): FlowEntry<F> | undefined {
  return scope.get(k.source, k.sourcePort, k.destination, k.destinationPort);
}

describe("FlowTable", () => {
  it("finds a flow by all four parts of its key and by nothing less", () => {
    const { table } = makeTable();
    const scope = table.scope();
    const entry = scope.add(key(0xffff_ffff, 65_535), "a");
    assertEquals(scope.get(0xffff_ffff, 65_535, 0x0a640001, 80), entry);
    assertEquals(scope.get(0xffff_fffe, 65_535, 0x0a640001, 80), undefined);
    assertEquals(scope.get(0xffff_ffff, 65_534, 0x0a640001, 80), undefined);
    assertEquals(scope.get(0xffff_ffff, 65_535, 0x0a640002, 80), undefined);
    assertEquals(scope.get(0xffff_ffff, 65_535, 0x0a640001, 81), undefined);
  });

  it("keeps the same key apart in two scopes, as after a reconnect", () => {
    const { table } = makeTable();
    const [before, after] = [table.scope(), table.scope()];
    before.add(key(1), "before");
    assertEquals(find(after, key(1)), undefined);
    after.add(key(1), "after");
    assertEquals(find(before, key(1))?.flow, "before");
    assertEquals(find(after, key(1))?.flow, "after");
  });

  it("refuses a second flow of the same key", () => {
    const { table } = makeTable();
    const scope = table.scope();
    scope.add(key(1), "a");
    assertThrows(() => scope.add(key(1), "b"), RangeError, "must be new");
    assertEquals(table.size, 1);
  });

  it("ends a flow that was idle for its time, and not one that was touched meanwhile", () => {
    const { table, clock, ended } = makeTable();
    const scope = table.scope();
    const kept = scope.add(key(1), "kept");
    scope.add(key(2), "idle");
    clock.advance(40_000);
    table.touch(kept);
    clock.advance(19_999);
    assertEquals(ended, []);
    clock.advance(1001);
    assertEquals(ended, ["idle idle"]);
    clock.advance(40_001);
    assertEquals(ended, ["idle idle", "kept idle"]);
    assertEquals(clock.pendingTimers, 0);
  });

  it("has one timer, however many flows there are", () => {
    const { table, clock } = makeTable({ maxFlows: 10_000, maxFlowsPerSource: 10_000 });
    const scope = table.scope();
    for (let source = 0; source < 5000; source++) scope.add(key(source), `${source}`);
    assertEquals(clock.pendingTimers, 1);
    clock.advance(61_000);
    assertEquals(table.size, 0);
    assertEquals(clock.pendingTimers, 0);
  });

  it("at its limit ends the flow that was idle longest, whoever has it", () => {
    const { table, ended } = makeTable({ maxFlows: 3 });
    const [one, two] = [table.scope(), table.scope()];
    const first = one.add(key(1), "first");
    two.add(key(2), "second");
    one.add(key(3), "third");
    table.touch(first);
    two.add(key(4), "fourth");
    assertEquals(ended, ["second evicted"]);
    assertEquals(find(two, key(2)), undefined);
    assertEquals(table.size, 3);
  });

  it("lets one source evict only its own flows once it has its share", () => {
    const { table, ended } = makeTable({ maxFlows: 100, maxFlowsPerSource: 3 });
    const scope = table.scope();
    scope.add(key(1), "other agent");
    for (let port = 1; port <= 5; port++) scope.add(key(2, port), `flood ${port}`);
    assertEquals(ended, ["flood 1 evicted_by_source", "flood 2 evicted_by_source"]);
    assertEquals(find(scope, key(1))?.flow, "other agent");
    assertEquals(table.size, 4);
  });

  it("admits new flows of one source at a bounded rate, and other sources all the while", () => {
    const { table, clock } = makeTable({ maxFlowsPerSource: 5 });
    const scope = table.scope();
    let port = 0;
    const open = (): number => {
      let opened = 0;
      for (let attempt = 0; attempt < 100; attempt++) {
        if (!scope.admits(1)) continue;
        scope.add(key(1, ++port), "flood");
        opened += 1;
      }
      return opened;
    };
    assertEquals(open(), 6); // the first one, which makes the share, and a burst of five
    clock.advance(1000);
    assertEquals(open(), 5); // ten were earned, and a burst is five
    clock.advance(200);
    assertEquals(open(), 2);
    assert(scope.admits(2));
  });

  it("survives a limit of one, where making room ends the only flow of the same source", () => {
    const { table, ended, clock } = makeTable({ maxFlows: 1, maxFlowsPerSource: 1 });
    const scope = table.scope();
    for (let port = 1; port <= 3; port++) scope.add(key(1, port), `${port}`);
    assertEquals(ended, ["1 evicted_by_source", "2 evicted_by_source"]);
    assertEquals([table.size, scope.size, clock.pendingTimers], [1, 1, 1]);
    assertEquals(find(scope, key(1, 3))?.flow, "3");
  });

  it("ends all flows of a scope that closes, and no others", () => {
    const { table, ended } = makeTable();
    const [closing, staying] = [table.scope(), table.scope()];
    closing.add(key(1), "a");
    closing.add(key(1, 2), "b");
    staying.add(key(1), "c");
    closing.close();
    assertEquals(ended, ["a uplink_closed", "b uplink_closed"]);
    assertEquals([table.size, closing.size, staying.size], [1, 0, 1]);
  });

  it("ends a flow once, whatever asks for it afterwards", () => {
    const { table, ended, clock } = makeTable();
    const scope = table.scope();
    const entry = scope.add(key(1), "a");
    table.end(entry, "error");
    table.end(entry, "idle");
    table.touch(entry);
    scope.close();
    clock.advance(120_000);
    assertEquals(ended, ["a error"]);
    assertEquals([table.size, scope.size], [0, 0]);
  });

  it("agrees with a plain model under any sequence of uses", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("use" as const), source: fc.nat(3), port: fc.nat(4) }),
      fc.record({ do: fc.constant("wait" as const), ms: fc.nat(40_000) }),
      fc.record({ do: fc.constant("end" as const), source: fc.nat(3), port: fc.nat(4) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { table, clock } = makeTable({ maxFlows: 6, maxFlowsPerSource: 3 });
      const scope = table.scope();
      const live = new Map<string, { source: number; usedMs: number }>(); // oldest first
      for (const each of steps) {
        if (each.do === "wait") {
          clock.advance(each.ms);
          // Ends may come up to a second late, so what the model says is a bound.
          for (const [name, { usedMs }] of live) {
            const [source, port] = name.split(":").map(Number) as [number, number];
            const found = find(scope, key(source, port));
            const idleMs = clock.now() - usedMs;
            if (idleMs < 60_000) assert(found !== undefined, `${name} ended early`);
            if (found === undefined) live.delete(name);
            else assertLessOrEqual(idleMs, 61_000, `${name} stays for ever`);
          }
          continue;
        }
        const name = `${each.source}:${each.port}`;
        const entry = find(scope, key(each.source, each.port));
        assertEquals(entry?.flow, live.has(name) ? name : undefined);
        if (each.do === "end") {
          if (entry !== undefined) table.end(entry, "error");
          live.delete(name);
          continue;
        }
        if (entry !== undefined) {
          table.touch(entry);
          live.delete(name);
        } else {
          const own = [...live].filter(([, flow]) => flow.source === each.source);
          if (own.length >= 3) live.delete(own[0]![0]);
          if (live.size >= 6) live.delete([...live.keys()][0]!);
          scope.add(key(each.source, each.port), name);
        }
        live.set(name, { source: each.source, usedMs: clock.now() });
      }
      assertEquals(table.size, live.size);
      assertEquals(scope.size, live.size);
      assertEquals(clock.pendingTimers, live.size > 0 ? 1 : 0);
      scope.close();
      assertEquals(table.size, 0);
      assertEquals(clock.pendingTimers, 0);
    }));
  });
});
