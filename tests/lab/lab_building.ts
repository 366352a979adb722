import { existsSync } from "node:fs";
import type { ProcessIdentity } from "../../ops/process_identity.ts";
import type { HostPlan } from "./address_plan.ts";
import { DirectoryLock } from "./directory_lock.ts";
import { makeDisk } from "./disk.ts";
import { startGateway } from "./gateway_control.ts";
import { hasImage, makeImage } from "./image.ts";
import { raiseInotifyLimit } from "./inotify_limit.ts";
import { LabError } from "./lab_error.ts";
import { LabPaths } from "./lab_paths.ts";
import { addHosts, labNames, readHosts } from "./lab_record.ts";
import { removeAbandonedLabs } from "./lab_removal.ts";
import { repairLink } from "./link.ts";
import { makeRouter, writeCablePlan } from "./network.ts";
import { Power } from "./power.ts";
import { installPrerequisites } from "./prerequisites.ts";
import { removeIfThere } from "./remove_if_there.ts";
import { makeKey, writeSshFiles } from "./ssh_files.ts";

/** Hosts that boot at the same time: more of them make each other late on a small machine. */
const parallelBoots = 3;

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
  await removeIfThere(paths.host(host.name).disk);
  await prepareHost(paths, host, hosts, await makeKey(paths));
  writeSshFiles(paths, hosts);
  await new Power(paths, host).start();
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
