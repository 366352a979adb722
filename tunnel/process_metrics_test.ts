import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "./fake_clock.ts";
import { createMetrics, defineMetrics } from "./metrics.ts";
import { observeProcess, processMetrics, systemReadings } from "./process_metrics.ts";

const build = { version: "1.2.3", release: "1.2.3-abc", instance: "41424344" };

describe("observeProcess", () => {
  it("moves every metric of its catalogue", async () => {
    const catalogue = defineMetrics({
      ...processMetrics,
      own: {
        name: "ztna_own",
        kind: "gauge",
        topic: "process",
        help: "Own",
        advice: "Look at it.",
      },
    });
    const metrics = createMetrics(catalogue);
    const clock = new FakeClock();
    const readings = {
      ...{ cpuSeconds: () => 1.5, residentBytes: () => 4096, openFds: () => 9 },
      ...{ maxFds: () => 1024, heap: () => ({ used: 2048, limit: 8192 }) },
    };
    const startedAt = new Date("2026-01-01T00:00:00Z");
    using _observed = observeProcess(metrics, build, { clock, readings, startedAt });
    clock.advance(1000);
    const text = await metrics.exposition();
    for (
      const line of [
        "process_cpu_seconds_total 1.5",
        "process_resident_memory_bytes 4096",
        "process_open_fds 9",
        "process_max_fds 1024",
        "ztna_heap_used_bytes 2048",
        "ztna_heap_limit_bytes 8192",
        "process_start_time_seconds 1767225600",
        "ztna_event_loop_lag_seconds_count 1",
        'ztna_build_info{version="1.2.3",release="1.2.3-abc",instance_id="41424344"} 1',
      ]
    ) assertStringIncludes(text, `\n${line}\n`);
  });

  it("measures how late its timers fire, until disposed", () => {
    const clock = new FakeClock();
    let lateMs = 0;
    const late = {
      now: () => clock.now() + lateMs,
      setTimer: (callback: () => void, delayMs: number) => clock.setTimer(callback, delayMs),
    };
    const metrics = createMetrics(processMetrics);
    const observed = observeProcess(metrics, build, { clock: late });
    lateMs = 300;
    clock.advance(1000);
    clock.advance(1000);
    assertEquals(metrics.histogram.eventLoopLagSeconds.sum, 0.3);
    assertEquals(metrics.histogram.eventLoopLagSeconds.count, 2);
    observed[Symbol.dispose]();
    assertEquals(clock.pendingTimers, 0);
  });

  it("leaves out open descriptors that can't be counted", async () => {
    const metrics = createMetrics(processMetrics);
    const unknown = (): undefined => undefined;
    const readings = { ...systemReadings, openFds: unknown, maxFds: unknown };
    using _observed = observeProcess(metrics, build, { clock: new FakeClock(), readings });
    assert(!/^process_(open|max)_fds /m.test(await metrics.exposition()));
  });
});

describe("systemReadings", () => {
  it("reads this process", () => {
    assert(systemReadings.cpuSeconds() > 0);
    assert(systemReadings.residentBytes() > 1e6);
    const openFds = systemReadings.openFds();
    assert(Deno.build.os === "windows" ? openFds === undefined : (openFds ?? 0) > 2);
    const { used, limit } = systemReadings.heap();
    assert(used > 1e6 && used < limit);
  });
});
