import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import type { CommandContext } from "./command.ts";
import type { UnitHealth } from "./engine/health/unit_health.ts";
import { HostError } from "./engine/errors.ts";
import { type ProgramName, programsOf } from "./fleet/fleet.ts";
import type { HostRun } from "./fleet/host_run.ts";
import {
  type ProgramsHealth,
  programsHealthScript,
  readProgramsHealth,
} from "./fleet/programs_health.ts";
import { parseReleaseFacts, releaseFactsScript } from "./release/release_facts.ts";
import { runFleetCommand } from "./fleet_command.ts";
import type { HostsCommandValues } from "./hosts_command.ts";
import { tableLines } from "./table.ts";
import { formatDuration } from "./terminal/quantities.ts";
import { formatLine, type Span } from "./terminal/span.ts";

/** What a host says of itself. */
interface HostStatus {
  readonly run: HostRun;
  readonly release: string | null;
  readonly health: ProgramsHealth;
}

/** `status` with an inventory. Changes nothing, and asks each host once. */
export async function statusFleetCommand(
  context: CommandContext,
  argv: readonly string[],
  values: HostsCommandValues,
  schema: number,
): Promise<number> {
  const { report, screen } = context;
  const options = { command: "status", argv, values };
  return await runFleetCommand(context, options, async ({ run, begin, signal, emit }) => {
    begin(null);
    const found = new Map<HostRun, HostStatus>();
    await run.connectAll(async (host) => {
      emit({ type: "host_state", host: host.name, phase: "gathering" });
      const status = await readStatus(host, signal);
      found.set(host, status);
      host.releaseBefore = host.releaseAfter = status.release;
      run.finish(host, "done");
    });
    const statuses = run.hosts.flatMap((host) => found.get(host) ?? []);
    if (values.json) {
      report.json({
        schema,
        hosts: Object.fromEntries(run.hosts.map((host) => [
          host.name,
          found.has(host)
            ? statusJson(found.get(host)!)
            : { healthy: false, release: null, error: host.error ?? null, services: {} },
        ])),
      });
    } else {
      screen.endLive();
      report.result(statusText(statuses, report.color));
    }
    if (run.failed.length > 0) return run.exitCode;
    return statuses.every(isHealthy) ? 0 : 1;
  });
}

/** Divides the two parts of the answer: records of both have a name and a value. */
const divider = "status-of-programs";

async function readStatus(run: HostRun, signal: AbortSignal): Promise<HostStatus> {
  const script = `${releaseFactsScript()}\necho ${divider}\n${programsHealthScript(run.host)}`;
  const { code, stdout } = await run.connection.run(script, { what: "ask how it is", signal });
  const [releases, health] = stdout.split(`${divider}\n`, 2);
  if (health === undefined) {
    throw new HostError(
      run.name,
      `Cannot read the status of "${run.name}" as its script must come to its end: exit code ${code}`,
    );
  }
  return {
    run,
    release: parseReleaseFacts(releases ?? "").current ?? null,
    health: readProgramsHealth(run.host, health),
  };
}

function isHealthy({ health }: HostStatus): boolean {
  return Object.values(health).every(({ active, ready }) => active && ready);
}

function statusJson(status: HostStatus): Record<string, unknown> {
  const { release, health } = status;
  return {
    healthy: isHealthy(status),
    release,
    error: null,
    services: Object.fromEntries(
      Object.entries(health).map(([program, found]) => [program, serviceJson(found)]),
    ),
  };
}

function serviceJson(health: UnitHealth): Record<string, unknown> {
  const { state, connections, services, drain, ...told } = health;
  return {
    ...told,
    pid: state.pid,
    restarts: state.restarts,
    connections,
    services,
    draining: drain?.draining ?? false,
  };
}

function statusText(statuses: readonly HostStatus[], color: boolean): string {
  const header = ["HOST", "PROGRAM", "STATE", "UPTIME", "RESTARTS", "PEERS", "RELEASE", ""];
  const rows = statuses.flatMap(({ run, release, health }) =>
    programsOf(run.host).map((program): Span[] => row(run.name, program, health[program]!, release))
  );
  return tableLines([header.map((text) => ({ text, paint: dim })), ...rows])
    .map((line) => formatLine(line, { color })).join("\n");
}

function row(
  host: string,
  program: ProgramName,
  health: UnitHealth,
  hostRelease: string | null,
): Span[] {
  const { active, ready, reason, uptimeSeconds, connections, services, state } = health;
  const draining = health.drain?.draining ?? false;
  const word = ready ? "ready" : draining ? "draining" : active ? "not ready" : state.active;
  const registered = services.filter((service) => service.state === "registered").length;
  return [
    { text: host, paint: bold },
    { text: program },
    { text: word, paint: ready ? green : draining ? yellow : red },
    { text: uptimeSeconds === null ? "-" : formatDuration(uptimeSeconds * 1000) },
    { text: String(state.restarts), ...state.restarts > 0 && { paint: yellow } },
    {
      text: connections !== null
        ? `${connections.agents} agents, ${connections.connectors} connectors`
        : services.length > 0
        ? `${registered} of ${services.length} services registered`
        : "-",
    },
    { text: health.release ?? hostRelease ?? "-" },
    { text: reason ?? "" },
  ];
}
