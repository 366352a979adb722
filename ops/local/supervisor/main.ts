/**
 * The local deployment's supervisor: keeps the programs of `config/supervisor.json` running and tells
 * in `run/supervisor.json` what runs. SIGHUP: read the list again. SIGTERM: stop all, and end.
 *
 * Arguments: the state directory and the fingerprint of this program. Started by deploy.
 */

import { systemClock } from "../../../tunnel/clock.ts";
import { Lifecycle } from "../../../tunnel/lifecycle.ts";
import { loggerFor } from "../../../tunnel/log.ts";
import { writeFileAtomically } from "../../atomic_file.ts";
import { DeploymentLock } from "../../deployment_lock.ts";
import { identifyProcess, signalProcess } from "../../process_identity.ts";
import { spawnDetached } from "../spawn_detached.ts";
import { statePathsAt } from "../state_paths.ts";
import { rotateLogs } from "./log_rotation.ts";
import { parseSupervisorFile, type ProgramSpec, type RunFile } from "./program_spec.ts";
import { type RunningProgram, stopGraceMs, Supervision } from "./supervision.ts";

/** How often the sizes of the log files are looked at, in ms. */
const rotationIntervalMs = 30_000;

async function main(root: string, fingerprint: string): Promise<number> {
  const paths = statePathsAt(root);
  const logger = loggerFor({ level: "info" });
  // Whoever is second must not start a second relay.
  using _lock = DeploymentLock.take(paths.supervisorLockFile, "supervise");
  const self = identifyProcess(Deno.pid);
  if (self === undefined) throw new Error("Cannot find out when this process started");
  const since = new Date().toISOString();

  const supervision: Supervision = new Supervision({
    start: (spec) => startProgram(spec, paths.root, `${paths.log}/${spec.name}.log`),
    onChange(): void {
      const file: RunFile = {
        schema: 1,
        ...self,
        since,
        fingerprint,
        programs: supervision.states,
      };
      try {
        writeFileAtomically(paths.runFile, `${JSON.stringify(file, undefined, 2)}\n`, 0o600);
      } catch (error) {
        logger.error("run_file_not_written", { error }); // a full disk must not end the programs
      }
    },
    clock: systemClock,
    wallClock: () => new Date(),
    random: Math.random,
    logger,
  });

  const lifecycle = new Lifecycle({ logger, shutdownTimeoutMs: stopGraceMs + 5000 });
  const applyFile = (): void =>
    supervision.apply(parseSupervisorFile(Deno.readTextFileSync(paths.supervisorFile)).programs);
  lifecycle.onReload("programs", applyFile);
  lifecycle.onShutdown("programs", async () => {
    await supervision.stop();
    Deno.removeSync(paths.runFile);
  });
  const rotation = setInterval(() => {
    try {
      for (const file of rotateLogs(paths.log)) logger.info("log_rotated", { file });
    } catch (error) {
      logger.warn("log_not_rotated", { error });
    }
  }, rotationIntervalMs);

  try {
    applyFile();
    lifecycle.setReady();
    return await lifecycle.stopped;
  } finally {
    clearInterval(rotation);
  }
}

function startProgram(spec: ProgramSpec, directory: string, logFile: string): RunningProgram {
  const process = spawnDetached({
    command: spec.command,
    args: spec.args,
    environment: { ...Deno.env.toObject(), ...spec.environment },
    directory,
    logFile,
    ownSession: false,
  });
  // It may have ended already; then nothing may ever be signalled under its number.
  const identity = identifyProcess(process.pid) ?? { pid: process.pid, startedAt: "ended" };
  return {
    ...identity,
    exited: process.exited,
    signal: (signal) => void signalProcess(identity, signal),
  };
}

if (import.meta.main) {
  const [root, fingerprint] = Deno.args;
  try {
    if (root === undefined || fingerprint === undefined) {
      throw new TypeError("Cannot supervise without a state directory and a fingerprint");
    }
    Deno.exit(await main(root, fingerprint));
  } catch (error) {
    loggerFor({ level: "info" }).error("supervisor_failed", { error });
    Deno.exit(1);
  }
}
