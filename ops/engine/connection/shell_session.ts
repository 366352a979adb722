import { pause } from "../../waiting.ts";
import type { CommandResult, Connection, ConnectionTraffic, RunOptions } from "./connection.ts";
import type { ConnectionEvent } from "./connection_event.ts";
import { lockCall } from "./host_lock.ts";
import { InputFeeder } from "./input_feeder.ts";
import { MarkerSplitter } from "./marker_splitter.ts";
import { shellCommand } from "./quote.ts";
import { Interruption } from "./interruption.ts";
import { RunningScript } from "./running_script.ts";
import { lostError, refusalError } from "./session_errors.ts";
import { lastText, textLine } from "./session_program.ts";
import type { ShellProcess, TrafficCounter } from "./shell_process.ts";

/** How often the host hears that we are there, in ms. It waits for a minute. */
const aliveIntervalMs = 10_000;
/** How long a host may take to say that an interrupted script has ended, in ms, by default. */
const defaultEndGraceMs = 5000;
/** How often a lock is tried for again while another has it, in ms. */
const lockPollMs = 1000;
/** What is kept of the text on standard error that no script has written, in UTF-16 units. */
const maxKeptLength = 4096;

/** How a script's end reads that has run. */
const exitCode = /^\d{1,3}$/;

/** What a session is made of. */
export interface ShellSessionOptions {
  readonly host: string;
  readonly process: ShellProcess;
  /** Marks what the session says; it has said hello. */
  readonly nonce: string;
  readonly traffic: TrafficCounter;
  readonly onEvent: (event: ConnectionEvent) => void;
}

/** Runs scripts in the shell that a process carries. See session.sh for the other side. */
export class ShellSession implements Connection {
  readonly host: string;
  readonly #process: ShellProcess;
  readonly #traffic: TrafficCounter;
  readonly #onEvent: (event: ConnectionEvent) => void;
  readonly #aliveTimer: ReturnType<typeof setInterval>;
  /** Resolves when the process ends or is ended. */
  readonly #lost = Promise.withResolvers<void>();
  #isLost = false;
  /** Texts that wait until the session says whether it expects input: it may read ahead until then. */
  #heldBack: string[] | undefined;
  #lastId = 0;
  #current: RunningScript | undefined;
  #errors = "";
  /** Resolves when the scripts before have ended. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ host, process, nonce, traffic, onEvent }: ShellSessionOptions) {
    this.host = host;
    this.#process = process;
    this.#traffic = traffic;
    this.#onEvent = onEvent;
    const splitters = {
      stdout: new MarkerSplitter(nonce),
      stderr: new MarkerSplitter(nonce),
    };
    process.listen((stream, chunk) => {
      for (const piece of splitters[stream].push(chunk)) {
        if (stream === "stderr" && typeof piece !== "string") this.#keepErrors(piece);
        this.#current?.take(stream, piece);
      }
    });
    process.exited.then(() => this.#lose());
    this.#aliveTimer = setInterval(() => this.#sayAlive(), aliveIntervalMs);
  }

  get traffic(): ConnectionTraffic {
    return this.#traffic;
  }

  run(script: string, options: RunOptions): Promise<CommandResult> {
    const result = this.#turn.then(() => this.#runWhenFree(script, options));
    this.#turn = result.catch(() => {});
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Without this the host takes it for an accident, and ends what still runs there.
    if (this.#current === undefined) this.#send(lastText);
    this.#lose();
    await this.#process[Symbol.asyncDispose]();
  }

  async #runWhenFree(script: string, options: RunOptions): Promise<CommandResult> {
    const { lock, signal = new AbortController().signal } = options;
    const lockDeadline = performance.now() + (lock?.waitSeconds ?? 0) * 1000;
    try {
      for (;;) {
        signal.throwIfAborted();
        const { running, end } = await this.#runOnce(script, options);
        if (exitCode.test(end)) return running.result(Number(end));
        if (end !== "locked" || performance.now() >= lockDeadline) {
          throw refusalError(this.host, end, options, running.result(0));
        }
        await pause(lockPollMs, signal);
      }
    } finally {
      // It may not have been needed.
      await options.input?.stream.cancel().catch(() => {});
    }
  }

  async #runOnce(
    script: string,
    options: RunOptions,
  ): Promise<{ running: RunningScript; end: string }> {
    const { what, input, endGraceMs = defaultEndGraceMs } = options;
    const lost = this.#lost.promise.then((): never => {
      throw lostError(this.host, what, this.#errors);
    });
    lost.catch(() => {});
    if (this.#isLost) return await lost;
    const id = ++this.#lastId;
    const call = scriptCall(id, script, options);
    const running = new RunningScript(id, options);
    const feeder = input && new InputFeeder(input, this.#process);
    using interruption = new Interruption(this.host, options);
    const inputLength = input?.length ?? 0;
    this.#onEvent({ type: "script", host: this.host, what, script, inputLength });
    this.#current = running;
    try {
      this.#send(call);
      if (feeder !== undefined) this.#holdBack(running);
      const fed = feeder?.run(running.wantsInput);
      const end = await Promise.race([
        running.ended,
        fed?.then(() => running.ended) ?? running.ended,
        interruption.interrupted,
        lost,
      ]);
      this.#traffic.roundTrips++;
      return { running, end };
    } catch (error) {
      feeder?.halt();
      if (!this.#isLost) await this.#kill(id, running, endGraceMs);
      throw error;
    } finally {
      await feeder?.stop();
      this.#current = undefined;
    }
  }

  /** Ends a script, or the connection if that doesn't work. */
  async #kill(id: number, running: RunningScript, graceMs: number): Promise<void> {
    this.#send(`ztna_kill ${id}`);
    const grace = new AbortController();
    Promise.race([running.ended.catch(() => {}), this.#lost.promise]).then(() => grace.abort());
    await pause(graceMs, grace.signal);
    if (grace.signal.aborted) return;
    this.#lose();
    this.#process.kill();
  }

  #send(text: string): void {
    if (this.#heldBack === undefined) void this.#process.send(textLine(text));
    else this.#heldBack.push(text);
  }

  #holdBack(running: RunningScript): void {
    const heldBack: string[] = this.#heldBack = [];
    running.wantsInput.then(() => {
      this.#heldBack = undefined;
      for (const text of heldBack) this.#send(text);
    });
  }

  #sayAlive(): void {
    if (this.#heldBack === undefined) this.#send("ztna_alive");
  }

  #lose(): void {
    this.#isLost = true;
    clearInterval(this.#aliveTimer);
    this.#lost.resolve();
  }

  #keepErrors(chunk: Uint8Array): void {
    this.#errors = (this.#errors + new TextDecoder().decode(chunk)).slice(-maxKeptLength);
  }
}

/** The shell text that starts a script. */
function scriptCall(id: number, script: string, { input, lock }: RunOptions): string {
  const run = input === undefined
    ? shellCommand(["ztna_run", String(id), script])
    : shellCommand(["ztna_run_fed", String(id), script, String(input.length)]);
  return lock === undefined ? run : `${lockCall(id, lock, new Date().toISOString())} && ${run}`;
}
