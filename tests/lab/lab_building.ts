import { existsSync } from "node:fs";
import type { ProcessIdentity } from "../../ops/process_identity.ts";
import type { HostPlan } from "./address_plan.ts";
import { DirectoryLock } from "./directory_lock.ts";
import { makeDisk } from "./disk.ts";
import { startGateway } from "./gateway_control.ts";
import { hasImage, makeImage, removeImage } from "./image.ts";
import { raiseInotifyLimit, restoreInotifyLimit } from "./inotify_limit.ts";
import { labGroup } from "./lab_control_group.ts";
import { LabError } from "./lab_error.ts";
import { LabPaths, type SharedPaths } from "./lab_paths.ts";
import { addHosts, isAbandoned, labNames, readHosts } from "./lab_record.ts";
import { repairLink } from "./link.ts";
import { loopFilesBelow } from "./loop_devices.ts";
import { readMounts } from "./mount_table.ts";
import { makeRouter, writeCablePlan } from "./network.ts";
import { Power } from "./power.ts";
import { installPrerequisites } from "./prerequisites.ts";
import { mustRun } from "./program.ts";
import { makeKey, writeSshFiles } from "./ssh_files.ts";
import { waitUntil } from "./wait_until.ts";

/** Hosts that boot at the same time: more of them make each other late on a small machine. */
const parallelBoots = 3;

/** How long the kernel may take to give a dead host's disk back, in ms. */
const detachTimeoutMs = 10_000;

/** How a lab is built. */
export interface BuildOptions {
  /** Names of hosts that it must have; it keeps those that it has. */
  readonly hosts: readonly string[];
  /** The process that the lab belongs to; one that nobody owns stays until it is removed. */
  readonly owner?: ProcessIdentity;
  /** Told what takes long. */
  readonly progress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes of a lab whatever is not there, and switches its hosts on. Running it again repairs what was
 * lost.
 *
 * @returns all hosts of the lab.
 */
export async function buildLab(paths: LabPaths, options: BuildOptions): Promise<HostPlan[]> {
  const { progress = (): void => {}, signal } = options;
  await installPrerequisites(progress);
  await removeAbandonedLabs(paths.shared);
  using _lock = await DirectoryLock.take(paths.directory);
  const hosts = await registerHosts(paths, options, progress);

  const publicKey = await makeKey(paths);
  await makeRouter(paths, hosts);
  await eachInParallel(hosts, async (host) => {
    signal?.throwIfAborted();
    await prepareHost(paths, host, hosts, publicKey);
  });
  writeSshFiles(paths, hosts);
  const starts = hosts.map((host) => () => new Power(paths, host).start(signal));
  await eachInParallel([() => startGateway(paths, hosts), ...starts], (start) => start());
  return hosts;
}

/** Gives a host a fresh disk: it is as it was when the lab was built, with another host key. */
export async function resetHost(paths: LabPaths, host: HostPlan): Promise<void> {
  using _lock = await DirectoryLock.take(paths.directory);
  const hosts = readHosts(paths);
  await new Power(paths, host).cut();
  await Deno.remove(paths.host(host.name).disk);
  await prepareHost(paths, host, hosts, await makeKey(paths));
  writeSshFiles(paths, hosts);
  await new Power(paths, host).start();
}

/**
 * Removes everything of a lab, whatever state it is in: processes, cgroups, namespaces, mounts,
 * files.
 *
 * @param options.purge Also the image, when no other lab is left.
 */
export async function removeLab(paths: LabPaths, options: { purge?: boolean } = {}): Promise<void> {
  const { shared } = paths;
  using _lock = await DirectoryLock.take(paths.directory);
  await removeLocked(paths);
  using _sharedLock = await DirectoryLock.take(shared.root);
  if (labNames(shared).length > 0) return;
  restoreInotifyLimit(shared);
  if (options.purge || !hasImage(shared)) {
    await removeImage(shared);
    await removeTree(shared.root);
  }
}

/** Removes the labs of tests that were killed. Those that somebody works on stay. */
export async function removeAbandonedLabs(shared: SharedPaths): Promise<void> {
  for (const name of labNames(shared)) {
    const paths = new LabPaths(shared.root, name);
    if (!isAbandoned(paths)) continue;
    using lock = await DirectoryLock.tryTake(paths.directory);
    if (lock !== undefined && isAbandoned(paths)) await removeLocked(paths);
  }
}

/** Removes a lab whose lock the caller holds. */
async function removeLocked(paths: LabPaths): Promise<void> {
  const group = labGroup(paths);
  await group.kill();
  group.remove();
  const mounts = readMounts().filter(({ mountPoint }) =>
    mountPoint.startsWith(`${paths.directory}/`)
  );
  for (const { mountPoint } of mounts.reverse()) {
    await mustRun("remove the lab's mounts", ["umount", mountPoint]);
  }
  const detached = await waitUntil(
    () => loopFilesBelow(paths.directory).length === 0,
    detachTimeoutMs,
  );
  if (!detached) {
    throw new LabError(
      `Cannot remove lab "${paths.name}" as disks are in use: ` +
        `${loopFilesBelow(paths.directory).join(", ")}; see by whom with "losetup" and "lsof"`,
    );
  }
  await removeTree(paths.directory);
}

/** Notes the hosts, and makes sure of what all labs share. */
async function registerHosts(
  paths: LabPaths,
  options: BuildOptions,
  progress: (text: string) => void,
): Promise<HostPlan[]> {
  const { shared } = paths;
  using _lock = await DirectoryLock.take(shared.root);
  if (!hasImage(shared)) {
    const labs = labNames(shared).filter((name) =>
      readHosts(new LabPaths(shared.root, name)).length > 0
    );
    if (labs.length > 0) {
      throw new LabError(
        `Cannot make the lab's image anew as hosts run from it: labs ${labs.join(", ")}; run ` +
          `"deno task lab down --name NAME" for each`,
      );
    }
    progress("Making the base image, which takes a minute or two, once");
    await makeImage(shared);
  }
  const hosts = addHosts(paths, options.hosts, options.owner);
  const allHosts = labNames(shared).reduce(
    (sum, name) => sum + readHosts(new LabPaths(shared.root, name)).length,
    0,
  );
  raiseInotifyLimit(shared, allHosts);
  return hosts;
}

async function prepareHost(
  paths: LabPaths,
  host: HostPlan,
  hosts: readonly HostPlan[],
  publicKey: string,
): Promise<void> {
  const files = paths.host(host.name);
  await Deno.mkdir(files.mountPoint, { recursive: true });
  await writeCablePlan(paths, host);
  await repairLink(paths, host);
  if (!existsSync(files.disk)) {
    const names = hosts.map(({ address, name }) => `${address} ${name}`);
    await makeDisk(files, host, { names, publicKey });
  }
}

async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Does `work` for all items, a few at a time; waits for those under way when one fails. */
async function eachInParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  const results = await Promise.allSettled(Array.from({ length: parallelBoots }, worker));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
