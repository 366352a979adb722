import { createHash } from "node:crypto";
import { CertificateStore } from "../pki/certificate_store.ts";
import type { IssuedContents } from "../pki/certificate_authority.ts";
import { retryKeyBytes } from "../pki/retry_key.ts";
import { readOwner } from "../deployment_lock.ts";
import type { DeploymentFile, DesiredState } from "./desired_state.ts";
import type { ActualProgram, ActualState } from "./plan.ts";
import { identifyProcess, isProcessIdentity, isRunning } from "../process_identity.ts";
import type { StatePaths } from "./state_paths.ts";
import { parseRunFile, type ProgramState, type RunFile } from "./supervisor/program_spec.ts";

/**
 * Looks at everything that a plan depends on. Changes nothing.
 *
 * @throws {ConfigError} when the authority's files are damaged.
 */
export async function gatherFacts(
  paths: StatePaths,
  desired: DesiredState,
  now: number,
): Promise<ActualState> {
  const store = new CertificateStore(paths.tls);
  const authority = await store.openAuthority(now);
  const certificates: Record<string, IssuedContents | undefined> = {};
  if (authority !== undefined) {
    for (const { name } of desired.certificates) {
      certificates[name] = await store.inspect(name, authority);
    }
  }
  return {
    hasAuthority: authority !== undefined,
    certificates,
    hasRetryKey: readIfThere(desired.retryKeyFile)?.length === retryKeyBytes,
    contents: Object.fromEntries(desired.files.map(({ path }) => [path, readTextIfThere(path)])),
    digests: fileDigests(desired),
    ...readProcesses(paths),
  };
}

/** SHA-256 of every file that a desired program reads, by path; `undefined` where there is none. */
export function fileDigests(desired: DesiredState): Record<string, string | undefined> {
  const files = new Set(desired.programs.flatMap((program) => program.files));
  return Object.fromEntries([...files].map((path) => {
    const contents = readIfThere(path);
    return [path, contents && createHash("sha256").update(contents).digest("hex")];
  }));
}

/** What runs of the supervisor and its programs, each checked by number and start. */
export function readProcesses(paths: StatePaths): Pick<ActualState, "supervisor" | "programs"> {
  const file = readRunFile(paths);
  const programs: Record<string, ActualProgram> = {};
  for (const [name, state] of Object.entries(file?.programs ?? {})) {
    const process = runningProcess(state);
    programs[name] = { process, fingerprint: state.fingerprint };
  }
  if (file !== undefined && isRunning(file)) {
    const { pid, startedAt, fingerprint } = file;
    return { supervisor: { pid, startedAt, fingerprint }, programs };
  }
  // One that has only just started has its lock before it tells what runs.
  const owner = readOwner(paths.supervisorLockFile);
  const starting = owner !== undefined && isRunning(owner)
    ? { pid: owner.pid, startedAt: owner.startedAt, fingerprint: "" }
    : undefined;
  return { supervisor: starting, programs };
}

/** What the supervisor tells; `undefined` when there is nothing readable. */
export function readRunFile(paths: StatePaths): RunFile | undefined {
  const text = readTextIfThere(paths.runFile);
  const file = text === undefined ? undefined : parseRunFile(text);
  return isProcessIdentity(file) ? file : undefined;
}

/** What was deployed last; `undefined` when nothing was. */
export function readDeployment(paths: StatePaths): DeploymentFile | undefined {
  try {
    const file = JSON.parse(readTextIfThere(paths.deploymentFile) ?? "") as DeploymentFile;
    const ports: unknown[] = Object.values(file.ports);
    const valid = file.schema === 1 && typeof file.release === "string" && ports.length === 4 &&
      ports.every((port) => Number.isInteger(port));
    return valid ? file : undefined;
  } catch {
    return undefined; // absent or damaged: the next deploy writes it again
  }
}

function runningProcess(state: ProgramState): ActualProgram["process"] {
  const { pid, startedAt } = state;
  if (pid === undefined || startedAt === undefined) return undefined;
  return identifyProcess(pid)?.startedAt === startedAt ? { pid, startedAt } : undefined;
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function readTextIfThere(path: string): string | undefined {
  const bytes = readIfThere(path);
  return bytes && new TextDecoder().decode(bytes);
}
