import { writeFileAtomically } from "../atomic_file.ts";
import type { CertificateAuthority } from "../pki/certificate_authority.ts";
import { CertificateStore } from "../pki/certificate_store.ts";
import { retryKeyBytes } from "../pki/retry_key.ts";
import type { Report } from "../report.ts";
import { type DesiredState, programSpecs } from "./desired_state.ts";
import { fileDigests, readProcesses } from "./facts.ts";
import { type Action, describeAction } from "./plan.ts";
import { signalProcess } from "../process_identity.ts";
import { programEnvironment, spawnDetached } from "./spawn_detached.ts";
import type { StatePaths } from "./state_paths.ts";
import { stopProcess, stopSupervisor } from "./stop_processes.ts";
import type { SupervisorFile } from "./supervisor/program_spec.ts";

/** What {@linkcode applyActions} works with. */
export interface ApplyContext {
  readonly paths: StatePaths;
  readonly desired: DesiredState;
  /** The checkout's directory and the Deno executable. */
  readonly checkout: string;
  readonly deno: string;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Carries out a plan, in order. Each action is complete or not begun when `signal` aborts, and the
 * next plan takes it from there.
 */
export async function applyActions(
  context: ApplyContext,
  actions: readonly Action[],
): Promise<void> {
  const { paths, report, signal } = context;
  for (const directory of [paths.root, paths.tls, paths.config, paths.log, paths.run]) {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  let supervisor: "start" | "reload" | undefined;
  for (const action of actions) {
    signal.throwIfAborted();
    report.info(describeAction(action));
    switch (action.kind) {
      case "stop_orphan":
        await stopProcess(action.process, signal);
        break;
      case "stop_supervisor":
        await stopSupervisor(paths, action.process, signal);
        break;
      case "start_supervisor":
        supervisor = "start";
        break;
      case "start_program":
      case "restart_program":
      case "stop_program":
        supervisor ??= "reload"; // it does all of them, below
        break;
      default:
        await writeState(context, action);
    }
  }
  if (supervisor === undefined) return;
  signal.throwIfAborted();
  const file: SupervisorFile = {
    schema: 1,
    programs: programSpecs(context.desired.programs, fileDigests(context.desired)),
  };
  writeFileAtomically(paths.supervisorFile, `${JSON.stringify(file, undefined, 2)}\n`, 0o600);
  if (supervisor === "start") startSupervisor(context);
  else reloadSupervisor(paths);
}

async function writeState(
  context: ApplyContext,
  action: Extract<
    Action,
    { kind: "create_authority" | "issue_certificate" | "create_retry_key" | "write_file" }
  >,
): Promise<void> {
  const { paths, desired } = context;
  const store = new CertificateStore(paths.tls);
  const now = Date.now();
  switch (action.kind) {
    case "create_authority":
      await store.createAuthority("local authority", now);
      break;
    case "issue_certificate": {
      const wanted = desired.certificates.find(({ name }) => name === action.name)!;
      const authority: CertificateAuthority = (await store.openAuthority(now))!;
      await store.issue(wanted.name, authority, wanted.request, now);
      break;
    }
    case "create_retry_key": {
      const key = crypto.getRandomValues(new Uint8Array(retryKeyBytes));
      writeFileAtomically(desired.retryKeyFile, key, 0o600);
      break;
    }
    case "write_file": {
      const { contents } = desired.files.find(({ path }) => path === action.path)!;
      writeFileAtomically(action.path, contents, 0o600);
      break;
    }
  }
}

function startSupervisor(context: ApplyContext): void {
  const { paths, desired, checkout, deno } = context;
  const child = spawnDetached({
    command: deno,
    args: [
      ...["run", "--quiet", "--no-prompt", "--cached-only", `--config=${checkout}/deno.json`],
      // It starts programs and reads /proc, for which Deno wants all permissions.
      ...["--allow-all", `${checkout}/ops/local/supervisor/main.ts`],
      ...[paths.root, desired.supervisorFingerprint],
    ],
    environment: programEnvironment(Deno.env.toObject()),
    directory: paths.root,
    logFile: `${paths.log}/supervisor.log`,
    ownSession: true,
  });
  child.unref();
}

function reloadSupervisor(paths: StatePaths): void {
  const { supervisor } = readProcesses(paths);
  if (supervisor !== undefined) signalProcess(supervisor, "SIGHUP");
}
