import type { IssuedContents } from "../pki/certificate_authority.ts";
import { renewalReason } from "../pki/renewal.ts";
import { type DesiredState, programFingerprint } from "./desired_state.ts";
import type { ProcessIdentity } from "../process_identity.ts";

/** A program that runs, or that a running supervisor will start again. */
export interface ActualProgram {
  /** Its process; `undefined` while it waits to be restarted. */
  readonly process: ProcessIdentity | undefined;
  readonly fingerprint: string;
}

/** What is there, as it was found. */
export interface ActualState {
  /** Whether there is an authority that can still issue. */
  readonly hasAuthority: boolean;
  /** What the certificates of that authority say, by name. */
  readonly certificates: Readonly<Record<string, IssuedContents | undefined>>;
  readonly hasRetryKey: boolean;
  /** Contents of the desired files, by path. */
  readonly contents: Readonly<Record<string, string | undefined>>;
  /** Digests of every file that a desired program reads, by path. */
  readonly digests: Readonly<Record<string, string | undefined>>;
  /** The supervisor, while it runs. */
  readonly supervisor: (ProcessIdentity & { readonly fingerprint: string }) | undefined;
  /** Its programs; without a supervisor, those that it has left behind. */
  readonly programs: Readonly<Record<string, ActualProgram>>;
}

/** One change. */
export type Action =
  | { readonly kind: "create_authority" }
  | { readonly kind: "issue_certificate"; readonly name: string; readonly reason: string }
  | { readonly kind: "create_retry_key" }
  | { readonly kind: "write_file"; readonly path: string; readonly isNew: boolean }
  | { readonly kind: "stop_orphan"; readonly program: string; readonly process: ProcessIdentity }
  | { readonly kind: "stop_supervisor"; readonly process: ProcessIdentity }
  | { readonly kind: "start_supervisor" }
  | { readonly kind: "start_program" | "stop_program"; readonly program: string }
  | { readonly kind: "restart_program"; readonly program: string; readonly reason: string };

/**
 * The changes that lead from `actual` to `desired`, in order; none when they agree.
 *
 * @param now Milliseconds since 1970.
 */
export function plan(desired: DesiredState, actual: ActualState, now: number): Action[] {
  const actions: Action[] = [];
  /** What will have changed by the time that programs start, with the reason for people. */
  const changed = new Map<string, string>();

  if (!actual.hasAuthority) {
    actions.push({ kind: "create_authority" });
    changed.set(desired.authorityFile, "its authority is new");
  }
  for (const { name, request, certificateFile, keyFile } of desired.certificates) {
    const existing = actual.hasAuthority ? actual.certificates[name] : undefined;
    const reason = renewalReason(existing, request, now);
    if (reason === undefined) continue;
    actions.push({ kind: "issue_certificate", name, reason });
    for (const file of [certificateFile, keyFile]) changed.set(file, "its certificate is new");
  }
  if (!actual.hasRetryKey) {
    actions.push({ kind: "create_retry_key" });
    changed.set(desired.retryKeyFile, "its Retry key is new");
  }
  for (const { path, contents } of desired.files) {
    const existing = actual.contents[path];
    if (existing === contents) continue;
    actions.push({ kind: "write_file", path, isNew: existing === undefined });
    changed.set(path, "its configuration has changed");
  }
  return [...actions, ...processActions(desired, actual, changed)];
}

function processActions(
  desired: DesiredState,
  actual: ActualState,
  changed: ReadonlyMap<string, string>,
): Action[] {
  const { supervisor } = actual;
  const startAll = desired.programs.map(({ name }): Action => ({
    kind: "start_program",
    program: name,
  }));
  if (supervisor === undefined) {
    const orphans = Object.entries(actual.programs).flatMap(([program, { process }]): Action[] =>
      process === undefined ? [] : [{ kind: "stop_orphan", program, process }]
    );
    return [...orphans, { kind: "start_supervisor" }, ...startAll];
  }
  if (supervisor.fingerprint !== desired.supervisorFingerprint) {
    const { pid, startedAt } = supervisor;
    return [
      { kind: "stop_supervisor", process: { pid, startedAt } },
      { kind: "start_supervisor" },
      ...startAll,
    ];
  }
  const actions: Action[] = [];
  for (const program of desired.programs) {
    const existing = actual.programs[program.name];
    if (existing?.process === undefined) {
      actions.push({ kind: "start_program", program: program.name });
      continue;
    }
    const file = program.files.find((path) => changed.has(path));
    const differs = programFingerprint(program, actual.digests) !== existing.fingerprint;
    const reason = file === undefined
      ? (differs ? "its program, files or settings have changed" : undefined)
      : changed.get(file)!;
    if (reason !== undefined) {
      actions.push({ kind: "restart_program", program: program.name, reason });
    }
  }
  const wanted = new Set<string>(desired.programs.map(({ name }) => name));
  for (const program of Object.keys(actual.programs)) {
    if (!wanted.has(program)) actions.push({ kind: "stop_program", program });
  }
  return actions;
}

/** An action as a sentence for people, in the imperative. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case "create_authority":
      return "create a certificate authority";
    case "issue_certificate":
      return `issue the certificate "${action.name}": ${action.reason}`;
    case "create_retry_key":
      return "create the key of the relay's Retry tokens";
    case "write_file":
      return `${action.isNew ? "write" : "rewrite"} ${action.path}`;
    case "stop_orphan":
      return `stop the ${action.program} (process ${action.process.pid}), which has lost its ` +
        `supervisor`;
    case "stop_supervisor":
      return `stop the supervisor (process ${action.process.pid}) and all programs: it has changed`;
    case "start_supervisor":
      return "start the supervisor";
    case "start_program":
      return `start the ${action.program}`;
    case "stop_program":
      return `stop the ${action.program}`;
    case "restart_program":
      return `restart the ${action.program}: ${action.reason}`;
  }
}
