import { quote } from "../../../tunnel/printable.ts";
import type { HostLock } from "../../engine/connection/host_lock.ts";
import { HostError } from "../../engine/errors.ts";
import { applyPlan } from "../../engine/resource/apply_plan.ts";
import { describeChange } from "../../engine/resource/change.ts";
import { checkPlay } from "../../engine/resource/check_play.ts";
import { gatherFacts } from "../../engine/resource/gather_facts.ts";
import { isConverged, type Plan, planChanges } from "../../engine/resource/plan.ts";
import type { Play } from "../../engine/resource/resource.ts";
import type { FleetEvent } from "../../engine/run/event.ts";
import { auditScript, type Operator } from "../../fleet/audit_script.ts";
import type { HostRun, RunHost } from "../../fleet/host_run.ts";

/** How a schedule's play is applied. */
export interface ApplyScheduleOptions {
  readonly play: Play;
  /** Asked before anything is changed; for `problems`. */
  readonly preflight: string | undefined;
  /** What is wrong with the host, from what `preflight` has printed. */
  readonly problems: (output: string) => readonly string[];
  readonly check: boolean;
  readonly diff: boolean;
  readonly operator: Operator;
  readonly lock: HostLock;
  readonly emit: (event: FleetEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a play true of one host, in two round trips; with `check`, only says what would change.
 *
 * @throws {HostError} when the host can't sweep, or a change fails.
 */
export async function applySchedule<H extends RunHost>(
  host: HostRun<H>,
  options: ApplyScheduleOptions,
): Promise<void> {
  const { play, preflight, check, diff, lock, emit, signal } = options;
  checkPlay(play);
  emit({ type: "host_state", host: host.name, phase: "gathering" });
  const facts = await gatherFacts(host.connection, play, {
    ...{ diff, signal },
    ...preflight !== undefined && { extras: [{ id: preflightId, script: preflight }] },
    ...!check && { lock },
  });
  const problems = options.problems(facts.extras.get(preflightId)?.stdout ?? "");
  if (problems.length > 0) {
    throw new HostError(
      host.name,
      problems.map((problem) => `Cannot let ${quote(host.name)} sweep as ${problem}`).join("\n"),
    );
  }
  const plan = planChanges(play, facts, { diff });
  tellPlan(host.name, plan, emit);
  host.changed = plan.changes.length;
  if (!check && !isConverged(plan)) await apply(host, plan, options);
}

const preflightId = "preflight";

async function apply<H extends RunHost>(
  { name, connection }: HostRun<H>,
  plan: Plan,
  { operator, emit, signal }: ApplyScheduleOptions,
): Promise<void> {
  emit({ type: "host_state", host: name, phase: "applying" });
  const summary = plan.changes.map((change) => change.summary).join("; ");
  const audit = auditScript(operator, `sweep install: ${summary}`.slice(0, 2000));
  const { failed } = await applyPlan(connection, plan, {
    wrap: (script) => `${audit}${script}`,
    onEvent: (event) => {
      if (event.type !== "change_done") return;
      const { resource } = event.change;
      const state = "applied";
      emit({ type: "change", host: name, resource, summary: describeChange(event.change), state });
    },
    signal,
  });
  if (failed === undefined) return;
  const what = failed.type === "change_failed" ? failed.change.summary : failed.handler.summary;
  const { code, output } = failed.failure;
  throw new HostError(
    name,
    `Cannot ${what} on ${quote(name)}: exit code ${code}${output === "" ? "" : `\n  ${output}`}`,
  );
}

function tellPlan(host: string, plan: Plan, emit: (event: FleetEvent) => void): void {
  for (const { text } of plan.warnings) emit({ type: "warning", host, text });
  for (const change of plan.changes) {
    const { resource, diff } = change;
    emit({
      ...{ type: "change", host, resource, summary: describeChange(change), state: "planned" },
      ...diff !== undefined && { diff },
    });
  }
}
