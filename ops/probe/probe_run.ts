import type { Clock, Timer } from "../../tunnel/clock.ts";
import type { AgentEvent, SyntheticAgent } from "./agent.ts";
import { type Measurement, ProbeMeasurement } from "./measurement.ts";
import type { ProbeFlow } from "./probe_flow.ts";
import { ReplyReader } from "./reply_reader.ts";
import type { RequestWriter } from "./request_writer.ts";
import { SendSchedule } from "./send_schedule.ts";

/** Something that happened to the connection, or to this process, during a run. */
export interface RunEvent {
  /** Since the first packet. */
  readonly atMs: number;
  /**
   * `lost`: no packet gets through from now on. `attempt_failed`: it is still lost. `ready`: it is
   * back. `stalled`: this process did not get to run, and the rest of the schedule moved.
   */
  readonly kind: AgentEvent["kind"] | "stalled";
  /** For people; empty for `ready`. */
  readonly detail: string;
}

/** How far a run is. */
export interface ProbeProgress extends Pick<Measurement, "sent" | "received" | "lost" | "pending"> {
  /** Since the first packet was due. */
  readonly elapsedMs: number;
  /** Packets in all; `Infinity` when only a signal ends the run. */
  readonly total: number;
  /** Whether packets can be sent at the moment. */
  readonly isReady: boolean;
}

/** What a run needs. */
export interface ProbeRunOptions {
  readonly flow: ProbeFlow;
  readonly writer: RequestWriter;
  readonly intervalMs: number;
  readonly lingerMs: number;
  readonly count?: number;
  readonly durationMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ProbeProgress) => void;
  readonly onEvent?: (event: RunEvent) => void;
  readonly clock: Clock;
}

/** What a run needs of its agent. */
export type ProbeAgent = Pick<SyntheticAgent, "isReady" | "send">;

/** What came of a run. */
export interface RunResult {
  readonly measurement: Measurement;
  readonly fromOtherSource: number;
  readonly events: readonly RunEvent[];
}

/** Sent in one go, then replies are read: half of what QUIC queues for one connection. */
const mostPerBatch = 500;
/** A packet that QUIC's full queue has held up for so long is given up. */
const longestHoldMs = 250;
/** Until a full queue is tried again. */
const holdMs = 2;
/** Later than this a timer is not just late: the process was stopped. */
const stallMs = 1000;
const progressMs = 1000;
/** Further copies of the last replies may come after the first ones. */
const duplicateGraceMs = 50;
/** What is under way when the run is interrupted gets this much time. */
const interruptGraceMs = 500;
const mostEvents = 100;

/** Packets that can wait for replies at once: late ones may come on top of those on time. */
export function mostUnderWay(lingerMs: number, intervalMs: number): number {
  return Math.ceil((lingerMs + longestHoldMs + stallMs) / intervalMs) + mostPerBatch;
}

/**
 * Sends the packets of one run when they are due and counts the replies.
 *
 * A timer fires every 2 ms at best, so at high rates a batch goes out each time. Packets that are
 * due while there is no connection are not kept: they count as sent and lost, as an application's
 * would be.
 */
export class ProbeRun {
  readonly #options: ProbeRunOptions;
  readonly #clock: Clock;
  readonly #reader: ReplyReader;
  readonly #measurement: ProbeMeasurement;
  readonly #finished = Promise.withResolvers<void>();
  readonly #events: RunEvent[] = [];
  #agent: ProbeAgent | undefined;
  #schedule: SendSchedule | undefined;
  #startMs = 0;
  #timer: Timer | undefined;
  #wakeMs = Infinity;
  /** Sending is over; replies are awaited. */
  #isLingering = false;
  /** When to end although replies are missing. */
  #endMs = Infinity;
  #fromOtherSource = 0;

  constructor(options: ProbeRunOptions) {
    const { lingerMs, intervalMs } = options;
    this.#options = options;
    this.#clock = options.clock;
    this.#reader = new ReplyReader(options.flow);
    this.#measurement = new ProbeMeasurement({
      lateAfterMs: lingerMs,
      capacity: mostUnderWay(lingerMs, intervalMs),
    });
  }

  /** Sends everything through `agent`, which must be ready, and waits for the replies. */
  async execute(agent: ProbeAgent): Promise<RunResult> {
    const { intervalMs, count, durationMs, signal } = this.#options;
    this.#agent = agent;
    this.#startMs = this.#clock.now();
    this.#schedule = new SendSchedule({
      startMs: this.#startMs,
      intervalMs,
      ...(count === undefined ? {} : { count }),
      ...(durationMs === undefined ? {} : { durationMs }),
    });
    const onAbort = (): void => this.#wakeAt(this.#clock.now());
    signal?.addEventListener("abort", onAbort);
    this.#wakeAt(this.#startMs);
    using _progress = this.#startProgress();
    try {
      await this.#finished.promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#timer?.[Symbol.dispose]();
    }
    return {
      measurement: this.#measurement.report(),
      fromOtherSource: this.#fromOtherSource,
      events: this.#events,
    };
  }

  /** A packet came out of the tunnel. */
  onPacket(packet: Uint8Array): void {
    if (this.#schedule === undefined) return;
    const reply = this.#reader.read(packet);
    if (reply === "corrupted") return this.#measurement.recordCorrupted();
    if (reply === "unexpected") return this.#measurement.recordUnexpected();
    const verdict = this.#measurement.recordReply(reply.sequence, this.#clock.now());
    if (verdict !== "received") return;
    if (!reply.fromDestination) this.#fromOtherSource += 1;
    if (this.#isLingering && this.#measurement.pending === 0) this.#wakeAt(this.#clock.now());
  }

  /** Something happened to the agent's connection. */
  onAgentEvent(event: AgentEvent): void {
    if (this.#schedule === undefined) return;
    this.#note(event.kind, event.kind === "ready" ? "" : event.error.message);
  }

  #note(kind: RunEvent["kind"], detail: string): void {
    const event = { atMs: this.#clock.now() - this.#startMs, kind, detail };
    if (this.#events.length < mostEvents) this.#events.push(event);
    this.#options.onEvent?.(event);
  }

  #wakeAt(timeMs: number): void {
    const now = this.#clock.now();
    this.#timer?.[Symbol.dispose]();
    this.#wakeMs = Math.max(timeMs, now);
    this.#timer = this.#clock.setTimer(() => this.#wake(), timeMs - now);
  }

  #wake(): void {
    const now = this.#clock.now();
    const lateMs = now - this.#wakeMs;
    const schedule = this.#schedule!;
    if (lateMs > stallMs && !schedule.isDone) {
      schedule.postpone(lateMs);
      this.#note("stalled", `This process did not run for ${Math.round(lateMs)} ms`);
    }
    const interrupted = this.#options.signal?.aborted ?? false;
    const isHeld = !interrupted && this.#sendDue(now);
    // A rate that this machine cannot reach must not make the run longer.
    if (now > schedule.endMs + longestHoldMs) schedule.end();
    this.#measurement.advance(this.#clock.now());
    if (schedule.isDone || interrupted) this.#linger(interrupted);
    else this.#wakeAt(isHeld ? now + holdMs : schedule.nextDueMs);
  }

  /** Whether QUIC takes no more for now. */
  #sendDue(now: number): boolean {
    const schedule = this.#schedule!;
    const agent = this.#agent!;
    for (let left = mostPerBatch; left > 0 && schedule.nextDueMs <= now; left -= 1) {
      const sentMs = this.#clock.now();
      const refusal = agent.isReady ? this.#sendOne(agent, sentMs) : "disconnected";
      if (refusal === "queueFull" && sentMs - schedule.nextDueMs < longestHoldMs) return true;
      schedule.take();
      if (refusal !== undefined) this.#measurement.recordRefused(sentMs, refusal);
    }
    return false;
  }

  #sendOne(
    agent: ProbeAgent,
    sentMs: number,
  ): "queueFull" | "tooLong" | "disconnected" | undefined {
    const measurement = this.#measurement;
    const datagram = this.#options.writer.write(
      measurement.nextSequence,
      (sentMs - this.#startMs) * 1000,
    );
    switch (agent.send(datagram)) {
      case "queued":
        measurement.recordSent(sentMs);
        return undefined;
      case "queue_full":
        return "queueFull";
      case "too_long":
        return "tooLong";
      case "closed":
        return "disconnected";
    }
  }

  #linger(interrupted: boolean): void {
    const now = this.#clock.now();
    const { pending, nextDeadlineMs = Infinity } = this.#measurement;
    if (interrupted && this.#endMs === Infinity) this.#endMs = now + interruptGraceMs;
    this.#isLingering = true;
    if (pending === 0) this.#endMs = Math.min(this.#endMs, now + duplicateGraceMs);
    if (now >= this.#endMs) this.#finished.resolve();
    // Just after the deadline: at it the oldest packet is still in time.
    else this.#wakeAt(Math.min(this.#endMs, nextDeadlineMs + 1));
  }

  #startProgress(): Disposable {
    const { onProgress } = this.#options;
    let timer: Timer | undefined;
    const tick = (): void => {
      const { sent, received, lost, pending } = this.#measurement.report();
      const elapsedMs = this.#clock.now() - this.#startMs;
      const { total } = this.#schedule!;
      onProgress?.({
        sent,
        received,
        lost,
        pending,
        elapsedMs,
        total,
        isReady: this.#agent!.isReady,
      });
      timer = this.#clock.setTimer(tick, progressMs);
    };
    if (onProgress !== undefined) timer = this.#clock.setTimer(tick, progressMs);
    return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
  }
}
