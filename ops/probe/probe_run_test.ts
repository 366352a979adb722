import { assert, assertEquals } from "@std/assert";
import { beforeEach, describe, it } from "@std/testing/bdd";
import type { Clock } from "../../tunnel/clock.ts";
import { FakeClock } from "../../tunnel/fake_clock.ts";
import type { SendResult } from "../../tunnel/quic/connection.ts";
import { buildIcmpEchoReply } from "../../tunnel/wire/icmp.ts";
import { parseIpv4 } from "../../tunnel/wire/ipv4.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { RelayUnreachableError } from "./agent_errors.ts";
import { createProbeFlow } from "./probe_flow.ts";
import { type ProbeAgent, ProbeRun, type ProbeRunOptions, type RunResult } from "./probe_run.ts";
import { RequestWriter } from "./request_writer.ts";

const flow = createProbeFlow({ protocol: "icmp" });

/** An agent whose tunnel answers after 1 ms, unless told otherwise. */
class FakeAgent implements ProbeAgent {
  isReady = true;
  result: SendResult = "queued";
  answers = true;
  readonly sentAtMs: number[] = [];
  readonly #clock: FakeClock;
  readonly #deliver: (packet: Uint8Array) => void;

  constructor(clock: FakeClock, deliver: (packet: Uint8Array) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  send(request: Uint8Array): SendResult {
    if (this.result !== "queued") return this.result;
    this.sentAtMs.push(this.#clock.now());
    const ip = parseIpv4(request);
    assert(!isWireError(ip));
    const reply = buildIcmpEchoReply(request, ip);
    assert(!isWireError(reply));
    if (this.answers) this.#clock.setTimer(() => this.#deliver(reply), 1);
    return "queued";
  }
}

describe("ProbeRun", () => {
  let clock: FakeClock;
  /** What the run sees: `clock`, put forward by this. */
  let aheadMs: number;
  let run: ProbeRun;
  let agent: FakeAgent;

  beforeEach(() => {
    clock = new FakeClock(1000);
    aheadMs = 0;
  });

  function start(options: Partial<ProbeRunOptions> = {}): Promise<RunResult> {
    const seen: Clock = {
      now: () => clock.now() + aheadMs,
      setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
    };
    run = new ProbeRun({
      flow,
      writer: new RequestWriter(flow, undefined, 64),
      intervalMs: 10,
      lingerMs: 1000,
      clock: seen,
      ...options,
    });
    agent = new FakeAgent(clock, (packet) => run.onPacket(packet));
    return run.execute(agent);
  }

  it("sends each packet when it is due", async () => {
    const running = start({ count: 5 });
    await clock.advanceAsync(200);
    const { measurement } = await running;
    assertEquals(agent.sentAtMs, [1000, 1010, 1020, 1030, 1040]);
    assertEquals([measurement.received, measurement.lost], [5, 0]);
    assertEquals(measurement.rttMs.max, 1);
    assertEquals(clock.pendingTimers, 0);
  });

  it("waits for missing replies as long as it was told, and no longer", async () => {
    const running = start({ count: 2 });
    agent.answers = false;
    let isOver = false;
    void running.then(() => isOver = true);
    await clock.advanceAsync(1010);
    assertEquals(isOver, false);
    await clock.advanceAsync(60);
    assert(isOver);
    assertEquals((await running).measurement.lost, 2);
  });

  it("waits a little for copies when all replies are there", async () => {
    const running = start({ count: 1 });
    let copy: Uint8Array | undefined;
    agent.send = (request): SendResult => {
      const ip = parseIpv4(request);
      assert(!isWireError(ip));
      const reply = buildIcmpEchoReply(request, ip);
      assert(!isWireError(reply));
      copy = reply;
      return "queued";
    };
    await clock.advanceAsync(1);
    run.onPacket(copy!);
    await clock.advanceAsync(20);
    run.onPacket(copy!);
    await clock.advanceAsync(100);
    assertEquals((await running).measurement.duplicated, 1);
  });

  it("counts what is due without a connection as sent and lost, and goes on", async () => {
    const running = start({ count: 10 });
    await clock.advanceAsync(25);
    agent.isReady = false;
    run.onAgentEvent({ kind: "lost", error: new RelayUnreachableError("Gone") });
    await clock.advanceAsync(40);
    agent.isReady = true;
    run.onAgentEvent({ kind: "ready" });
    await clock.advanceAsync(200);
    const { measurement, events } = await running;
    assertEquals([measurement.sent, measurement.received, measurement.lost], [10, 6, 4]);
    assertEquals(measurement.refused.disconnected, 4);
    assertEquals(events, [
      { atMs: 25, kind: "lost", detail: "Gone" },
      { atMs: 65, kind: "ready", detail: "" },
    ]);
  });

  it("holds packets back for a short while when the queue is full", async () => {
    const running = start({ count: 10 });
    await clock.advanceAsync(25);
    agent.result = "queue_full";
    await clock.advanceAsync(100);
    agent.result = "queued";
    await clock.advanceAsync(200);
    const { measurement } = await running;
    assertEquals([measurement.received, measurement.lost], [10, 0]);
    assertEquals(agent.sentAtMs.filter((time) => time >= 1120 && time < 1135).length, 7);
  });

  it("gives packets up that the queue has held back for 250 ms", async () => {
    const running = start({ count: 100 });
    await clock.advanceAsync(5);
    agent.result = "queue_full";
    await clock.advanceAsync(500);
    agent.result = "queued";
    await clock.advanceAsync(1500);
    const { measurement } = await running;
    const { queueFull } = measurement.refused;
    assert(queueFull >= 24 && queueFull <= 26, `gave up ${queueFull}`);
    assertEquals([measurement.sent, measurement.lost], [100, queueFull]);
  });

  it("counts packets that are too long for a new connection", async () => {
    const running = start({ count: 3 });
    agent.result = "too_long";
    await clock.advanceAsync(200);
    assertEquals((await running).measurement.refused.tooLong, 3);
  });

  it("moves the schedule, and says so, when the process was stopped", async () => {
    const running = start({ count: 10 });
    await clock.advanceAsync(15);
    aheadMs = 5000;
    await clock.advanceAsync(1500);
    const { measurement, events } = await running;
    assertEquals(agent.sentAtMs, [1000, 1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1090]);
    assertEquals([measurement.sent, measurement.received], [10, 10]);
    assertEquals(events, [
      { atMs: 5020, kind: "stalled", detail: "This process did not run for 5000 ms" },
    ]);
  });

  it("catches up after a shorter delay", async () => {
    const running = start({ count: 60 });
    await clock.advanceAsync(15);
    aheadMs = 500;
    await clock.advanceAsync(1500);
    const { measurement } = await running;
    assertEquals([measurement.sent, measurement.received], [60, 60]);
    assert(agent.sentAtMs.filter((time) => time === 1020).length >= 50);
  });

  it("ends half a second after the signal when replies are missing", async () => {
    const controller = new AbortController();
    const running = start({ signal: controller.signal });
    agent.answers = false;
    await clock.advanceAsync(95);
    controller.abort();
    await clock.advanceAsync(490);
    assertEquals(agent.sentAtMs.length, 10);
    await clock.advanceAsync(20);
    const { measurement } = await running;
    assertEquals([measurement.sent, measurement.lost, measurement.pending], [10, 0, 10]);
  });

  it("tells its progress once a second", async () => {
    const sent: number[] = [];
    const running = start({
      durationMs: 2500,
      onProgress: (progress) => sent.push(progress.sent),
    });
    await clock.advanceAsync(3000);
    await running;
    assertEquals(sent.length, 2);
    assert(Math.abs(sent[0]! - 100) <= 1 && Math.abs(sent[1]! - 200) <= 1);
  });

  it("keeps 100 events and tells of all", async () => {
    let told = 0;
    const running = start({ count: 1, onEvent: () => told += 1 });
    for (let i = 0; i < 150; i += 1) run.onAgentEvent({ kind: "ready" });
    await clock.advanceAsync(200);
    assertEquals([(await running).events.length, told], [100, 150]);
  });
});
