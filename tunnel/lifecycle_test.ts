import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "./fake_clock.ts";
import { type HandledSignal, Lifecycle, type LifecycleOptions } from "./lifecycle.ts";
import { createLogger } from "./log.ts";

/** A process whose signals tests send. */
class FakeProcess {
  readonly listeners = new Map<HandledSignal, Set<() => void>>();
  readonly exits: number[] = [];

  addSignalListener(signal: HandledSignal, listener: () => void): void {
    const listeners = this.listeners.get(signal) ?? new Set();
    this.listeners.set(signal, listeners.add(listener));
  }

  removeSignalListener(signal: HandledSignal, listener: () => void): void {
    this.listeners.get(signal)?.delete(listener);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  send(signal: HandledSignal): void {
    for (const listener of this.listeners.get(signal) ?? []) listener();
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

interface Setup {
  readonly process: FakeProcess;
  readonly lifecycle: Lifecycle;
  readonly lines: string[];
}

function setUp(options: Partial<LifecycleOptions> = {}): Setup {
  const process = new FakeProcess();
  const lines: string[] = [];
  const write = (line: string): number => lines.push(line);
  const logger = createLogger({ level: "debug", format: "json", write });
  return { process, lines, lifecycle: new Lifecycle({ logger, control: process, ...options }) };
}

describe("Lifecycle, readiness", () => {
  it("starts not ready, and says why", () => {
    const { lifecycle } = setUp();
    assertEquals(lifecycle.phase, "starting");
    assertEquals(lifecycle.readiness(), { ready: false, reason: "starting" });
  });

  it("goes in and out of readiness while it runs", () => {
    const { lifecycle } = setUp();
    lifecycle.setReady();
    assertEquals([lifecycle.phase, lifecycle.readiness()], ["ready", { ready: true }]);
    lifecycle.setNotReady("not registered");
    assertEquals(lifecycle.readiness(), { ready: false, reason: "not registered" });
    lifecycle.setReady();
    assertEquals(lifecycle.readiness(), { ready: true });
  });

  it("is never ready again once it drains", async () => {
    const { lifecycle } = setUp();
    lifecycle.setReady();
    const stopped = lifecycle.drain("replaced");
    lifecycle.setReady();
    lifecycle.setNotReady("other");
    assertEquals(lifecycle.phase, "draining");
    assertEquals(lifecycle.readiness(), { ready: false, reason: "draining: replaced" });
    await stopped;
    lifecycle.setReady();
    assertEquals([lifecycle.phase, lifecycle.readiness().ready], ["stopped", false]);
  });
});

describe("Lifecycle, shutdown", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`runs its steps once on ${signal}, the last added first, and stops with 0`, async () => {
      const { process, lifecycle } = setUp();
      const steps: string[] = [];
      lifecycle.onShutdown("admin", () => void steps.push("admin"));
      lifecycle.onShutdown("endpoint", async () => {
        await Promise.resolve();
        steps.push("endpoint");
      });
      using _removed = lifecycle.onShutdown("removed", () => void steps.push("removed"));
      _removed[Symbol.dispose]();
      process.send(signal);
      assertEquals(lifecycle.draining.aborted, true);
      assertEquals(await lifecycle.stopped, 0);
      assertEquals(steps, ["endpoint", "admin"]);
      assertEquals([lifecycle.phase, process.listening, process.exits], ["stopped", 0, []]);
    });
  }

  it("exits at once with 143 or 130 on a second signal", () => {
    const { process, lifecycle } = setUp();
    lifecycle.onShutdown("hangs", () => new Promise(() => {}));
    process.send("SIGTERM");
    process.send("SIGTERM");
    process.send("SIGINT");
    assertEquals(process.exits, [143, 130]);
  });

  it("goes on after a step that fails, logs it, and stops with 1", async () => {
    const { lifecycle, lines } = setUp();
    let ran = false;
    lifecycle.onShutdown("last", () => void (ran = true));
    lifecycle.onShutdown("throws", () => {
      throw new Error("cannot close");
    });
    lifecycle.onShutdown("rejects", () => Promise.reject(new Error("cannot flush")));
    assertEquals(await lifecycle.drain("test"), 1);
    assertEquals(ran, true);
    assertStringIncludes(lines.join("\n"), "cannot close");
    assertStringIncludes(lines.join("\n"), "cannot flush");
  });

  it("shuts down once, however often it is asked to", async () => {
    const { lifecycle } = setUp();
    let runs = 0;
    lifecycle.onShutdown("count", () => void runs++);
    assertEquals(await Promise.all([lifecycle.drain("a"), lifecycle.drain("b")]), [0, 0]);
    assertEquals([runs, await lifecycle.drain("c")], [1, 0]);
    assertEquals(lifecycle.draining.reason.message, "a");
  });

  it("stops with 1 without the steps that take longer than its limit", async () => {
    const clock = new FakeClock();
    const { lifecycle, lines } = setUp({ clock, shutdownTimeoutMs: 5000 });
    lifecycle.onShutdown("hangs", () => new Promise(() => {}));
    const stopped = lifecycle.drain("test");
    clock.advance(4999);
    assertEquals(lifecycle.phase, "draining");
    clock.advance(1);
    assertEquals(await stopped, 1);
    assertStringIncludes(lines.join("\n"), "shutdown_timed_out");
    assertEquals(clock.pendingTimers, 0);
  });

  it("removes its signal listeners when disposed", () => {
    const { process, lifecycle } = setUp();
    assertEquals(process.listening, 4);
    lifecycle[Symbol.dispose]();
    assertEquals(process.listening, 0);
  });
});

describe("Lifecycle, winding down", () => {
  it("takes it out of readiness on SIGUSR2 and goes on, until it is stopped", async () => {
    const { process, lifecycle } = setUp();
    const steps: string[] = [];
    lifecycle.onWindDown("peers", () => void steps.push("no new peers"));
    lifecycle.onShutdown("peers", () => void steps.push("closed"));
    lifecycle.setReady();
    process.send("SIGUSR2");
    assertEquals(lifecycle.readiness(), { ready: false, reason: "draining: SIGUSR2" });
    assertEquals([lifecycle.phase, lifecycle.isShuttingDown], ["draining", false]);
    assertEquals([lifecycle.draining.aborted, steps], [false, ["no new peers"]]);
    process.send("SIGTERM");
    assertEquals(lifecycle.readiness(), { ready: false, reason: "draining: SIGTERM" });
    assertEquals(lifecycle.isShuttingDown, true);
    assertEquals([await lifecycle.stopped, steps], [0, ["no new peers", "closed"]]);
    assertEquals([lifecycle.phase, process.exits], ["stopped", []]);
  });

  it("happens once, and never after the shutdown has begun", async () => {
    const { process, lifecycle, lines } = setUp();
    let runs = 0;
    lifecycle.onWindDown("count", () => void runs++);
    await lifecycle.windDown("handover");
    process.send("SIGUSR2");
    assertEquals([runs, lifecycle.readiness().reason], [1, "draining: handover"]);
    assertEquals(lines.filter((line) => line.includes("winding_down")).length, 1);

    const other = setUp();
    other.lifecycle.onWindDown("count", () => void runs++);
    void other.lifecycle.drain("test");
    other.process.send("SIGUSR2");
    assertEquals([runs, other.lifecycle.readiness().reason], [1, "draining: test"]);
    await other.lifecycle.stopped;
    await other.lifecycle.windDown("late");
    assertEquals([runs, other.lifecycle.phase], [1, "stopped"]);
  });

  it("is not undone by readiness, and still reloads", async () => {
    const { process, lifecycle } = setUp();
    let reloads = 0;
    lifecycle.onReload("count", () => void reloads++);
    await lifecycle.windDown("test");
    lifecycle.setReady();
    lifecycle.setNotReady("not registered");
    assertEquals([lifecycle.phase, lifecycle.readiness().reason], ["draining", "draining: test"]);
    process.send("SIGHUP");
    assertEquals(reloads, 1);
  });

  it("goes on after a step that fails, and logs it", async () => {
    const { lifecycle, lines } = setUp();
    let ran = false;
    lifecycle.onWindDown("throws", () => {
      throw new Error("cannot refuse");
    });
    lifecycle.onWindDown("next", () => void (ran = true));
    using removed = lifecycle.onWindDown("removed", () => void (ran = false));
    removed[Symbol.dispose]();
    await lifecycle.windDown("test");
    assertEquals(ran, true);
    assertStringIncludes(lines.join("\n"), "cannot refuse");
  });
});

describe("Lifecycle, its observer", () => {
  it("is told of every change, after it, and of nothing else", async () => {
    const seen: string[] = [];
    const { lifecycle } = setUp({
      onChange: (state) => {
        const { ready, reason } = state.readiness();
        seen.push(`${state.phase}, ${ready ? "ready" : reason}, ${state.isShuttingDown}`);
      },
    });
    lifecycle.setReady();
    lifecycle.setReady();
    lifecycle.setNotReady("no relay");
    lifecycle.setNotReady("no relay");
    lifecycle.setReady();
    await lifecycle.windDown("SIGUSR2");
    lifecycle.setReady();
    await lifecycle.drain("SIGTERM");
    assertEquals(seen, [
      "ready, ready, false",
      "ready, no relay, false",
      "ready, ready, false",
      "draining, draining: SIGUSR2, false",
      "draining, draining: SIGTERM, true",
      "stopped, stopped, true",
    ]);
  });
});

describe("Lifecycle, reload", () => {
  it("runs its reloads in order on SIGHUP, and keeps going when one fails", async () => {
    const { process, lifecycle, lines } = setUp();
    const ran: string[] = [];
    lifecycle.onReload("tls", () => {
      ran.push("tls");
      throw new Error("bad certificate");
    });
    lifecycle.onReload("keys", () => void ran.push("keys"));
    lifecycle.setReady();
    process.send("SIGHUP");
    await lifecycle.reload();
    assertEquals(ran.slice(0, 2), ["tls", "keys"]);
    assertEquals(lifecycle.phase, "ready");
    assertStringIncludes(lines.join("\n"), "bad certificate");
  });

  it("makes one more reload follow for signals during a reload", async () => {
    const { process, lifecycle } = setUp();
    let runs = 0;
    const gate = Promise.withResolvers<void>();
    lifecycle.onReload("slow", () => (runs++, gate.promise));
    const reloaded = lifecycle.reload();
    for (let i = 0; i < 5; i++) process.send("SIGHUP");
    gate.resolve();
    await reloaded;
    assertEquals(runs, 2);
    await lifecycle.reload();
    assertEquals(runs, 3);
  });

  it("ignores SIGHUP while it drains", async () => {
    const { process, lifecycle } = setUp();
    let runs = 0;
    lifecycle.onReload("tls", () => void runs++);
    lifecycle.onShutdown("sighup", () => process.send("SIGHUP"));
    await lifecycle.drain("test");
    assertEquals(runs, 0);
  });
});

describe("Lifecycle, a real process", () => {
  const program = `
    import { Lifecycle } from ${JSON.stringify(new URL("./lifecycle.ts", import.meta.url).href)};
    import { silentLogger } from ${JSON.stringify(new URL("./log.ts", import.meta.url).href)};
    const lifecycle = new Lifecycle({ logger: silentLogger });
    const running = setInterval(() => {}, 1000);
    lifecycle.onReload("say", () => console.log("reloaded"));
    lifecycle.onWindDown("say", () => console.log("winding down"));
    lifecycle.onShutdown("work", () => {
      console.log("draining");
      return Deno.args[0] === "hang" ? new Promise(() => {}) : clearInterval(running);
    });
    lifecycle.setReady();
    console.log("ready");
  `;

  /** Runs the program, sends each signal once the line before it was printed; gives its exit code. */
  async function run(arg: string, steps: readonly [line: string, Deno.Signal][]): Promise<number> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", "--ext=ts", program, arg],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let printed = "";
    for (const [line, signal] of steps) {
      while (!printed.includes(line)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`It ended before it said "${line}": ${printed}`);
        printed += value;
      }
      child.kill(signal);
    }
    await reader.cancel();
    return (await child.status).code;
  }

  const ignore = Deno.build.os === "windows";

  it("reloads on SIGHUP and ends by itself with 0 after SIGTERM", { skip: ignore }, async () => {
    assertEquals(await run("end", [["ready", "SIGHUP"], ["reloaded", "SIGTERM"]]), 0);
  });

  it("survives SIGUSR2, twice, and ends with 0 after SIGTERM", { skip: ignore }, async () => {
    const steps: [string, Deno.Signal][] = [["ready", "SIGUSR2"], ["winding down", "SIGUSR2"]];
    assertEquals(await run("end", [...steps, ["winding down", "SIGTERM"]]), 0);
  });

  it("ends at once with 143 on a second SIGTERM", { skip: ignore }, async () => {
    assertEquals(await run("hang", [["ready", "SIGINT"], ["draining", "SIGTERM"]]), 143);
  });
});
