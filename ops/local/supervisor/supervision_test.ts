import { assert, assertEquals, assertExists } from "@std/assert";
import { beforeEach, describe, it } from "@std/testing/bdd";
import { FakeClock } from "../../../tunnel/fake_clock.ts";
import { silentLogger } from "../../../tunnel/log.ts";
import type { ProgramSpec, ProgramState } from "./program_spec.ts";
import { stopGraceMs, Supervision } from "./supervision.ts";

class FakeProgram {
  readonly signals: string[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly startedAt = "then";
  readonly end: (code: number) => void;

  constructor(readonly spec: ProgramSpec, readonly pid: number) {
    const { promise, resolve } = Promise.withResolvers<{ code: number; signal: null }>();
    this.exited = promise;
    this.end = (code) => resolve({ code, signal: null });
  }

  signal(signal: string): void {
    this.signals.push(signal);
  }
}

function spec(name: string, fingerprint = "1"): ProgramSpec {
  return { name, command: "/bin/x", args: [], environment: {}, fingerprint };
}

describe("Supervision", () => {
  let clock: FakeClock;
  let started: FakeProgram[];
  let failures: number;
  let changes: number;
  let supervision: Supervision;
  beforeEach(() => {
    clock = new FakeClock();
    started = [];
    failures = 0;
    changes = 0;
    supervision = new Supervision({
      start(wanted): FakeProgram {
        if (failures-- > 0) throw new Error("there is no such program");
        const program = new FakeProgram(wanted, 100 + started.length);
        started.push(program);
        return program;
      },
      onChange: () => void changes++,
      clock,
      wallClock: () => new Date(clock.now()),
      random: () => 0.5,
      logger: silentLogger,
    });
  });

  const settled = (): Promise<void> => clock.advanceAsync(0);
  function latest(): FakeProgram {
    const program = started.at(-1);
    assertExists(program);
    return program;
  }
  function stateOf(name: string): ProgramState {
    const state = supervision.states[name];
    assertExists(state);
    return state;
  }
  async function crash(code = 1): Promise<void> {
    latest().end(code);
    await settled();
  }

  it("starts every program once and tells of it", () => {
    supervision.apply([spec("relay"), spec("connector")]);
    supervision.apply([spec("relay"), spec("connector")]);
    assertEquals(started.map((program) => program.spec.name), ["relay", "connector"]);
    assertEquals(stateOf("connector"), {
      state: "running",
      pid: 101,
      startedAt: "then",
      since: "1970-01-01T00:00:00.000Z",
      fingerprint: "1",
      restarts: 0,
    });
  });

  it("restarts a program that ends, whatever its exit code, ever more slowly up to 30 s", async () => {
    supervision.apply([spec("relay")]);
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 8; i++) {
      await crash(i === 0 ? 0 : 1);
      assertEquals(stateOf("relay").state, "waiting");
      delays.push(clock.nextTimerMs);
      clock.advance(clock.nextTimerMs!);
      assertEquals(stateOf("relay").restarts, i + 1);
    }
    assertEquals(delays, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]); // half of the bounds
  });

  it("restarts quickly again once a program has run for a minute", async () => {
    supervision.apply([spec("relay")]);
    for (let i = 0; i < 5; i++) {
      await crash();
      clock.advance(clock.nextTimerMs!);
    }
    clock.advance(60_000);
    await crash();
    assertEquals(clock.nextTimerMs, 250);
  });

  it("tells how a program ended", async () => {
    supervision.apply([spec("relay")]);
    const before = changes;
    await crash(7);
    assertEquals(stateOf("relay").lastExit, {
      code: 7,
      signal: null,
      at: "1970-01-01T00:00:00.000Z",
    });
    assertEquals(stateOf("relay").pid, undefined);
    assert(changes > before, "nobody was told");
  });

  it("restarts what has changed and leaves the rest alone", async () => {
    supervision.apply([spec("relay"), spec("connector")]);
    const [relay, connector] = started;
    supervision.apply([spec("relay", "2"), spec("connector")]);
    assertEquals([relay!.signals, connector!.signals], [["SIGTERM"], []]);
    assertEquals(stateOf("relay").state, "stopping");
    assertEquals(started.length, 2, "started beside the one that still runs");
    relay!.end(0);
    await settled();
    assertEquals(latest().spec.fingerprint, "2");
    assertEquals([stateOf("relay").state, stateOf("relay").restarts], ["running", 0]);
  });

  it("starts the latest specification when it changes again during a stop", async () => {
    supervision.apply([spec("relay")]);
    for (const fingerprint of ["2", "3"]) supervision.apply([spec("relay", fingerprint)]);
    await crash(0);
    assertEquals(started.map((program) => program.spec.fingerprint), ["1", "3"]);
    assertEquals(started[0]!.signals, ["SIGTERM"]);
  });

  it("starts at once what waits, when it is told to apply again", async () => {
    supervision.apply([spec("relay")]);
    await crash();
    supervision.apply([spec("relay")]);
    assertEquals([started.length, clock.pendingTimers], [2, 0]);
  });

  it("stops what is no longer wanted, also while it waits", async () => {
    supervision.apply([spec("relay"), spec("connector")]);
    await crash(); // the connector
    supervision.apply([]);
    assertEquals(Object.keys(supervision.states), ["relay"]);
    started[0]!.end(0);
    await settled();
    assertEquals([supervision.states, clock.pendingTimers], [{}, 0]);
    assertEquals(started.length, 2);
  });

  it("kills what does not end in time", async () => {
    supervision.apply([spec("relay")]);
    supervision.apply([]);
    clock.advance(stopGraceMs - 1);
    assertEquals(latest().signals, ["SIGTERM"]);
    clock.advance(1);
    assertEquals(latest().signals, ["SIGTERM", "SIGKILL"]);
    await crash();
    assertEquals(supervision.states, {});
  });

  it("keeps trying when a program cannot be started", async () => {
    failures = 3;
    supervision.apply([spec("relay")]);
    assertEquals([stateOf("relay").state, stateOf("relay").lastExit?.code], ["waiting", null]);
    await clock.advanceAsync(10_000);
    assertEquals([stateOf("relay").state, stateOf("relay").restarts], ["running", 3]);
  });

  it("survives that a changed program cannot be started after the old one has ended", async () => {
    supervision.apply([spec("relay")]);
    failures = 1;
    supervision.apply([spec("relay", "2")]);
    await crash(0);
    assertEquals(stateOf("relay").state, "waiting");
    await clock.advanceAsync(500);
    assertEquals([stateOf("relay").state, latest().spec.fingerprint], ["running", "2"]);
  });

  it("stops everything, waits for it, and starts nothing after that", async () => {
    supervision.apply([spec("relay"), spec("connector")]);
    let stopped = false;
    const stop = supervision.stop().then(() => stopped = true);
    supervision.apply([spec("relay"), spec("probe")]);
    started[0]!.end(0);
    await settled();
    assertEquals(stopped, false);
    started[1]!.end(0);
    await stop;
    assertEquals([started.length, supervision.states, clock.pendingTimers], [2, {}, 0]);
  });
});
