import { type AdminAnswer, askAdmin } from "./admin_client.ts";
import type { DeploymentFile } from "./desired_state.ts";
import { readRunFile } from "./facts.ts";
import { localAddress, type ProgramName } from "./inventory.ts";
import { isRunning } from "../process_identity.ts";
import type { StatePaths } from "./state_paths.ts";
import type { ProgramExit, ProgramState } from "./supervisor/program_spec.ts";

/** How a program of the deployment is. */
export interface ServiceHealth {
  /** Its process runs. */
  readonly active: boolean;
  /** It says that it wants traffic; the application: it has sent a packet back. */
  readonly ready: boolean;
  /** Why it is not ready, where that is known. */
  readonly reason: string | null;
  /** The release that it runs. */
  readonly release: string | null;
  /** The instance ID that begins the relay's or connector's connection IDs. */
  readonly instance: string | null;
  readonly pid: number | null;
  /** Of its specification; see `program_spec.ts`. */
  readonly fingerprint: string | null;
  /** Starts after the first one. */
  readonly restarts: number;
  readonly lastExit: ProgramExit | null;
  /** In this state since, ISO 8601. */
  readonly since: string | null;
}

/** Asks every program of the deployment how it is. Changes nothing and never rejects. */
export async function readHealth(
  paths: StatePaths,
  deployment: DeploymentFile,
): Promise<Record<ProgramName, ServiceHealth>> {
  const programs = readRunFile(paths)?.programs ?? {};
  const { ports, release } = deployment;
  const [relay, connector, application] = await Promise.all([
    adminHealth(programs["relay"], ports.relayAdmin),
    adminHealth(programs["connector"], ports.connectorAdmin),
    applicationHealth(programs["application"], ports.application, release),
  ]);
  return { application, relay, connector };
}

/** Whether the supervisor runs, and as which process. */
export function readSupervisor(paths: StatePaths): { active: boolean; pid: number | null } {
  const file = readRunFile(paths);
  const active = file !== undefined && isRunning(file);
  return { active, pid: active ? file.pid : null };
}

async function adminHealth(
  state: ProgramState | undefined,
  port: number,
): Promise<ServiceHealth> {
  const health = processHealth(state);
  if (!health.active) return health;
  const [readiness, status] = await Promise.all([
    askAdmin(port, "/readyz"),
    askAdmin(port, "/status"),
  ]);
  return {
    ...health,
    ready: readiness?.status === 200,
    reason: notReadyReason(readiness, port),
    release: textField(status, "release"),
    instance: textField(status, "instance"),
  };
}

async function applicationHealth(
  state: ProgramState | undefined,
  port: number,
  release: string,
): Promise<ServiceHealth> {
  const health = processHealth(state);
  if (!health.active) return health;
  const ready = await sendsBack(port);
  const reason = ready ? null : `no echo from UDP port ${port}`;
  return { ...health, ready, reason, release };
}

function processHealth(state: ProgramState | undefined): ServiceHealth {
  const active = state?.pid !== undefined && state.startedAt !== undefined &&
    isRunning({ pid: state.pid, startedAt: state.startedAt });
  return {
    active,
    ready: false,
    reason: active ? null : inactiveReason(state),
    release: null,
    instance: null,
    pid: active ? state.pid! : null,
    fingerprint: state?.fingerprint ?? null,
    restarts: state?.restarts ?? 0,
    lastExit: state?.lastExit ?? null,
    since: state?.since ?? null,
  };
}

function inactiveReason(state: ProgramState | undefined): string {
  const exit = state?.lastExit;
  if (exit === undefined) return "its process does not run";
  const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal;
  return `its process ended at ${exit.at} with ${how}`;
}

function notReadyReason(answer: AdminAnswer | undefined, port: number): string | null {
  if (answer?.status === 200) return null;
  if (answer === undefined) return `no answer from http://${localAddress}:${port}/readyz`;
  return answer.body.trim().slice(0, 200) || `HTTP status ${answer.status}`;
}

function textField(answer: AdminAnswer | undefined, name: string): string | null {
  try {
    const value = (JSON.parse(answer?.body ?? "") as Record<string, unknown>)[name];
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

/** Whether the application sends a datagram back within a second. */
async function sendsBack(port: number): Promise<boolean> {
  const socket = Deno.listenDatagram({ hostname: localAddress, port: 0, transport: "udp" });
  const payload = crypto.getRandomValues(new Uint8Array(16));
  const send = (): void => {
    socket.send(payload, { transport: "udp", hostname: localAddress, port }).catch(() => undefined);
  };
  const resend = setInterval(send, 50); // the first may come before the application listens
  let open = true;
  const close = (): void => {
    if (open) socket.close();
    open = false;
  };
  const timer = setTimeout(close, 1000);
  try {
    send();
    const [reply] = await socket.receive();
    return reply.length === payload.length && reply.every((byte, i) => byte === payload[i]);
  } catch {
    return false; // closed by the timer
  } finally {
    clearInterval(resend);
    clearTimeout(timer);
    close();
  }
}
