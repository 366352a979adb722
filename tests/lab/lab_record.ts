import { writeFileAtomically } from "../../ops/atomic_file.ts";
import { isProcessIdentity, isRunning, type ProcessIdentity } from "../../ops/process_identity.ts";
import { type HostPlan, maxHosts, planHost } from "./address_plan.ts";
import { LabError } from "./lab_error.ts";
import type { LabPaths, SharedPaths } from "./lab_paths.ts";

/**
 * What is noted of a lab, before anything of it is made. Everything that a lab makes is found by its
 * name and its hosts' names, so this is all that is needed to remove what a killed command has left.
 */
interface LabRecord {
  /** Names of the hosts, in the order of their numbers. */
  readonly hosts: readonly string[];
  /** The process whose end makes the lab useless; a lab without one stays until it is removed. */
  readonly owner: ProcessIdentity | undefined;
}

/** The hosts of a lab; none when there is no such lab. */
export function readHosts(paths: LabPaths): HostPlan[] {
  const { hosts = [] } = readRecord(paths) ?? {};
  return hosts.map((name, index) => planHost(paths.name, name, index + 1));
}

/**
 * Adds the hosts that are not there yet; those that are there keep their numbers, and an owner stays.
 *
 * @returns all hosts.
 * @throws {LabError} when there would be more than {@linkcode maxHosts}.
 */
export function addHosts(
  paths: LabPaths,
  wanted: readonly string[],
  owner: ProcessIdentity | undefined,
): HostPlan[] {
  const before = readRecord(paths);
  const hosts = [...new Set([...before?.hosts ?? [], ...wanted])];
  if (hosts.length > maxHosts) {
    throw new LabError(
      `Cannot add hosts to lab "${paths.name}" as a lab has at most ${maxHosts}: it would have ` +
        `${hosts.length}`,
    );
  }
  Deno.mkdirSync(paths.directory, { recursive: true });
  const record: LabRecord = { hosts, owner: before?.owner ?? owner };
  writeFileAtomically(paths.record, `${JSON.stringify(record, undefined, 2)}\n`);
  return readHosts(paths);
}

/** Names of all labs of a state directory. */
export function labNames(shared: SharedPaths): string[] {
  try {
    return [...Deno.readDirSync(shared.root)]
      .filter(({ name, isDirectory }) => isDirectory && !name.startsWith("_"))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Whether a lab's owner has ended without removing it, or before it could note anything. */
export function isAbandoned(paths: LabPaths): boolean {
  const record = readRecord(paths);
  if (record === undefined) return true;
  return isProcessIdentity(record.owner) && !isRunning(record.owner);
}

/** `undefined` also for a record that was damaged: it must not stand in the way of other labs. */
function readRecord(paths: LabPaths): LabRecord | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(paths.record)) as LabRecord;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
