import { quote } from "../../tunnel/printable.ts";
import type { CommandResult } from "../engine/connection/connection.ts";
import { HostError, UnreachableError } from "../engine/errors.ts";
import { type DrainOutcome, drainScript, parseDrainOutcome } from "../engine/health/drain.ts";
import {
  parseReadyOutcome,
  type ReadyOutcome,
  waitReadyScript,
} from "../engine/health/wait_ready.ts";
import { applyPlan } from "../engine/resource/apply_plan.ts";
import type { ApplyEvent } from "../engine/resource/apply_progress.ts";
import { describeChange } from "../engine/resource/change.ts";
import type { Plan } from "../engine/resource/plan.ts";
import type { HostPhase } from "../engine/run/event.ts";
import type { Interruption } from "../engine/run/interruption.ts";
import { switchScript } from "../release/activation.ts";
import { pruneScript } from "../release/prune.ts";
import type { Release } from "../release/release.ts";
import type { ReleaseFacts } from "../release/release_facts.ts";
import { uploadRelease } from "../release/upload.ts";
import { auditScript, type Operator } from "./audit_script.ts";
import { programsOf, unitOf } from "./fleet.ts";
import type { FleetRun } from "./fleet_run.ts";
import type { HostRun } from "./host_run.ts";
import { interruptionOf } from "./interruption.ts";
import { watchedProgram } from "./programs_health.ts";
import { confirmScript, restoreScript, snapshotScript } from "./snapshot.ts";
import { describeStep, type HostStep } from "./steps.ts";
import type { TunnelVerifier } from "./tunnel_verifier.ts";
import { restartScript } from "./units.ts";

/** What the steps of a host work with. */
export interface StepContext {
  /** What `apply` applies, and `snapshot` keeps. */
  readonly plan?: { readonly activate: Plan; readonly changedPaths: readonly string[] };
  /** Whether programs that run are taken out of service: then their users are watched. */
  readonly isInterrupting: boolean;
  /** Whether an earlier run has left a snapshot that can be put back. */
  readonly isUnconfirmed?: boolean;
  /** The release to expect when a snapshot was put back; `null` for none. */
  readonly releaseBefore: string | null;
}

/** The same, with how many of a relay's peers are probes of ours. */
interface WatchedContext extends StepContext {
  readonly watchers: number;
}

/** Longest tail of a program's journal in a message, in lines. */
const journalLines = 8;

/** Does on hosts what plans and steps say, and tells the run's sinks about it. */
export class HostWork {
  readonly #run: FleetRun;
  readonly #verifier: TunnelVerifier;
  readonly #operator: Operator;
  readonly #command: string;
  readonly #signal: AbortSignal;
  /** What was noticed of the work on each host that was out of service. */
  readonly interruptions = new Map<string, Interruption>();
  readonly #drains = new Map<string, DrainOutcome>();

  constructor(options: {
    readonly run: FleetRun;
    readonly verifier: TunnelVerifier;
    /** For the hosts' journals: who runs which command. */
    readonly operator: Operator;
    readonly command: string;
    readonly signal: AbortSignal;
  }) {
    this.#run = options.run;
    this.#verifier = options.verifier;
    this.#operator = options.operator;
    this.#command = options.command;
    this.#signal = options.signal;
  }

  /**
   * Applies a plan.
   *
   * @throws {HostError} when a change fails; what it had done before stays.
   */
  async apply(host: HostRun, plan: Plan): Promise<void> {
    const summary = [...plan.changes, ...plan.handlers].map((part) => part.summary).join("; ");
    const audit = auditScript(this.#operator, `${this.#command}: ${summary}`.slice(0, 2000));
    const { failed } = await applyPlan(host.connection, plan, {
      wrap: (script) => `${audit}${script}`,
      onEvent: (event) => this.#tellChange(host, event),
      signal: this.#signal,
    });
    if (failed === undefined) return;
    const what = failed.type === "change_failed" ? failed.change.summary : failed.handler.summary;
    const { code, output } = failed.failure;
    throw new HostError(
      host.name,
      `Cannot ${what} on ${quote(host.name)}: exit code ${code}` +
        (output === "" ? "" : `\n${indented(output.split("\n"))}`),
    );
  }

  /** Brings a release to a host. */
  async upload(host: HostRun, release: Release, facts: ReleaseFacts): Promise<void> {
    const of = release.archive.bytes + release.runtime.bytes;
    const sent = new Map<string, number>();
    this.#enter(host, "uploading");
    await uploadRelease(host.connection, release, facts, {
      signal: this.#signal,
      onProgress: (archive, bytes) => {
        sent.set(archive.kind, bytes);
        const total = [...sent.values()].reduce((sum, part) => sum + part, 0);
        this.#run.emit({ type: "upload_progress", host: host.name, bytes: total, of });
      },
    });
    this.#run.emit({
      type: "change",
      host: host.name,
      resource: `upload:${release.id}`,
      summary: `upload release ${release.id}`,
      state: "applied",
    });
  }

  /**
   * Goes through the steps of a host. When one fails and what was there before can be put back,
   * that is done, and the host has ended.
   *
   * @throws {HostError} when a step fails and there is nothing to put back.
   * @throws {UnreachableError} when the host is lost on the way.
   */
  async perform(host: HostRun, steps: readonly HostStep[], context: StepContext): Promise<void> {
    const { isInterrupting } = context;
    const watches = isInterrupting ? await this.#verifier.watch(host.host) : [];
    try {
      await this.#performAll(host, steps, { ...context, watchers: watches.length });
    } finally {
      const results = await Promise.allSettled(watches.map((watch) => watch.stop()));
      const found = results.flatMap((result) =>
        result.status === "fulfilled" ? [result.value] : []
      );
      if (isInterrupting) {
        this.interruptions.set(host.name, interruptionOf(found, this.#drains.get(host.name)));
      }
    }
  }

  async #performAll(
    host: HostRun,
    steps: readonly HostStep[],
    context: WatchedContext,
  ): Promise<void> {
    let canRestore = context.isUnconfirmed ?? false;
    for (const step of joinWaits(steps)) {
      try {
        await this.#perform(host, step, context);
        canRestore ||= step.some(({ kind }) => kind === "snapshot");
      } catch (error) {
        const isLost = error instanceof UnreachableError && error.host === host.name;
        if (!canRestore || isLost || this.#signal.aborted || !(error instanceof Error)) throw error;
        return await this.#rollBack(host, error, context);
      }
    }
  }

  async #perform(
    host: HostRun,
    steps: readonly HostStep[],
    context: WatchedContext,
  ): Promise<void> {
    const [step] = steps;
    if (step === undefined) return;
    const what = describeStep(step);
    switch (step.kind) {
      case "snapshot":
        this.#enter(host, "switching", what);
        return await this.#script(host, what, snapshotScript(context.plan?.changedPaths ?? []));
      case "drain":
        return await this.#drain(host, step, context.watchers);
      case "apply":
        this.#enter(host, "switching");
        return await this.apply(host, context.plan!.activate);
      case "switch":
        this.#enter(host, "switching", step.release);
        await this.#script(host, what, this.#audited(what) + switchScript(step.release));
        host.releaseAfter = step.release;
        return;
      case "restart":
        this.#enter(host, "restarting", `the ${step.program}`);
        return await this.#script(
          host,
          what,
          this.#audited(what) + restartScript(step.program),
        );
      case "wait_ready":
        return await this.#waitReady(
          host,
          steps.filter((wait) => wait.kind === "wait_ready"),
        );
      case "verify_tunnel":
        this.#enter(host, "verifying", what);
        return await this.#verifier.verifyHost(host.host);
      case "confirm":
        return await this.#script(
          host,
          what,
          `${confirmScript}\n${pruneScript(host.host.keepReleases)}`,
        );
    }
  }

  async #drain(
    host: HostRun,
    step: Extract<HostStep, { kind: "drain" }>,
    watchers: number,
  ): Promise<void> {
    this.#enter(host, "draining");
    const { adminAddress: address, adminPort: port } = host.host.relay!;
    const { stdout } = await host.connection.run(
      drainScript({
        unit: unitOf(step.program),
        ...{ address, port, deadlineSeconds: step.timeoutSeconds, watchers },
      }),
      {
        what: describeStep(step),
        signal: this.#signal,
        onLine: (stream, line) => {
          if (stream === "stderr") this.#enter(host, "draining", line);
        },
      },
    );
    this.#drains.set(host.name, parseDrainOutcome(stdout, watchers));
  }

  /** All programs of a host in one round trip: each wait begins when the one before is over. */
  async #waitReady(
    host: HostRun,
    waits: readonly Extract<HostStep, { kind: "wait_ready" }>[],
  ): Promise<void> {
    this.#enter(host, "verifying", waits.map(({ program }) => program).join(", "));
    const scripts = waits.map(({ program, release, timeoutSeconds }) =>
      `(${
        waitReadyScript({
          program: watchedProgram(host.host, program),
          deadlineSeconds: timeoutSeconds,
          ...release !== undefined && { release },
        })
      })\necho ${nextProgram}\n`
    );
    const { stdout } = await host.connection.run(scripts.join(""), {
      what: "wait until ready",
      signal: this.#signal,
      onLine: (stream, line) => {
        if (stream === "stderr") this.#enter(host, "verifying", line);
      },
    });
    const outputs = stdout.split(`\n${nextProgram}\n`);
    const problems = waits.flatMap(({ program }, index) => {
      const outcome = parseReadyOutcome(outputs[index] ?? "");
      return outcome.ready ? [] : [notReady(program, outcome)];
    });
    if (problems.length > 0) throw new HostError(host.name, problems.join("\n"));
  }

  async #rollBack(host: HostRun, cause: Error, { releaseBefore }: StepContext): Promise<void> {
    const text = releaseBefore === null
      ? "Undoing what was done"
      : `Rolling back to ${releaseBefore}`;
    this.#run.emit({ type: "warning", host: host.name, text });
    this.#enter(host, "rolling_back");
    const programs = programsOf(host.host);
    const what = "put back what was there before";
    await this.#script(host, what, this.#audited(what) + restoreScript(programs.map(unitOf)));
    if (releaseBefore === null) {
      return this.#run.finish(
        host,
        "failed",
        `${cause.message}\nNothing runs there: it had no release before`,
      );
    }
    await this.#waitReady(
      host,
      programs.map((program) => ({
        kind: "wait_ready",
        program,
        release: releaseBefore,
        timeoutSeconds: host.host.readyTimeoutSeconds,
      })),
    );
    host.releaseAfter = releaseBefore;
    this.#run.finish(host, "rolled_back", cause.message);
  }

  #audited(what: string): string {
    return auditScript(this.#operator, `${this.#command}: ${what}`);
  }

  #enter(host: HostRun, phase: HostPhase, detail?: string): void {
    this.#run.emit({
      type: "host_state",
      host: host.name,
      phase,
      ...detail !== undefined && { detail },
    });
  }

  async #script(host: HostRun, what: string, script: string): Promise<void> {
    const result = await host.connection.run(script, { what, signal: this.#signal });
    if (result.code !== 0) throw scriptFailed(host.name, what, result);
  }

  #tellChange(host: HostRun, event: ApplyEvent): void {
    if (event.type === "change_started" || event.type === "handler_started") return;
    this.#run.emit({
      type: "change",
      host: host.name,
      ..."change" in event
        ? { resource: event.change.resource, summary: describeChange(event.change) }
        : { resource: event.handler.id, summary: event.handler.summary },
      ..."failure" in event
        ? { state: "failed", error: event.failure.output }
        : { state: "applied" },
    });
  }
}

/** Stands between the outputs of waits: what waits print is records, which have two words. */
const nextProgram = "next-program";

/** Neighbouring waits become one step: they cost one round trip. */
function joinWaits(steps: readonly HostStep[]): HostStep[][] {
  const joined: HostStep[][] = [];
  for (const step of steps) {
    const last = joined.at(-1);
    if (step.kind === "wait_ready" && last?.[0]?.kind === "wait_ready") last.push(step);
    else joined.push([step]);
  }
  return joined;
}

function notReady(program: string, outcome: Extract<ReadyOutcome, { ready: false }>): string {
  const { reason, journal } = outcome;
  const end = journal.slice(-journalLines);
  return `Cannot call the ${program} healthy as it must be ready: ${quote(reason, 400)}` +
    (end.length === 0 ? "" : `\nThe end of its journal:\n${indented(end)}`);
}

function scriptFailed(host: string, what: string, result: CommandResult): HostError {
  const said = result.stderr.trim().split("\n").slice(-journalLines);
  return new HostError(
    host,
    `Cannot go on with ${quote(host)} as ${what} must succeed: exit code ${result.code}` +
      (said.join("") === "" ? "" : `\n${indented(said)}`),
  );
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
