import { systemClock } from "../../tunnel/clock.ts";
import { EventBus } from "../engine/run/event_bus.ts";
import { AuditLog, type AuditOrigin } from "./audit_log.ts";
import { EventFile } from "./event_file.ts";
import { FleetDisplay } from "./fleet_display.ts";
import type { FleetProgress } from "./fleet_progress.ts";
import type { Screen } from "./screen.ts";
import { isWorkflow } from "./workflow_commands.ts";

/** What the command line says of a run's output; the values of `outputOptions`. */
export interface RunOutputOptions {
  readonly screen: Screen;
  readonly json: boolean;
  /** How many times `-v` is given. */
  readonly verbose: number;
  readonly quiet: boolean;
  /** File for all events. */
  readonly events?: string | undefined;
  /** Also shows what scripts write, line by line. */
  readonly showOutput?: boolean;
  /** Where changes are written down; commands that change nothing leave it out. */
  readonly audit?: { readonly path: string; readonly origin: AuditOrigin };
}

/** The events of one run with everything that listens to them. */
export interface RunOutput extends Disposable {
  readonly bus: EventBus;
  /** How far it is; in the end, what there is to tell. */
  readonly progress: FleetProgress;
}

/**
 * Begins a run: from now on its events are shown and written as the command line wants it, until it
 * is disposed of.
 *
 * @throws {ConfigError} when a file can't be written.
 */
export function beginRunOutput(options: RunOutputOptions): RunOutput {
  const { screen, json, verbose, quiet, events, showOutput = false, audit } = options;
  using stack = new DisposableStack();
  const bus = new EventBus();
  const auditLog = audit && stack.use(new AuditLog(audit.path, audit.origin));
  const eventFile = events === undefined ? undefined : stack.use(new EventFile(events));
  const display = stack.use(
    new FleetDisplay({
      // Whoever wants JSON wants nothing else, unless asked for.
      verbosity: quiet || (json && verbose === 0) ? -1 : verbose,
      ...{ screen, showOutput, clock: systemClock, isWorkflow: isWorkflow(Deno.env) },
    }),
  );
  if (auditLog !== undefined) bus.subscribe("the audit", auditLog.sink);
  if (eventFile !== undefined) bus.subscribe("the file of --events", eventFile.sink);
  bus.subscribe("showing the run", display.sink);
  const owned = stack.move();
  return { bus, progress: display.progress, [Symbol.dispose]: () => owned.dispose() };
}
