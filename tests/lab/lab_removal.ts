import { DirectoryLock } from "./directory_lock.ts";
import { hasImage, removeImage } from "./image.ts";
import { restoreInotifyLimit } from "./inotify_limit.ts";
import { labGroup } from "./lab_control_group.ts";
import { LabError } from "./lab_error.ts";
import { LabPaths, type SharedPaths } from "./lab_paths.ts";
import { isAbandoned, labNames } from "./lab_record.ts";
import { loopFilesBelow } from "./loop_devices.ts";
import { readMounts } from "./mount_table.ts";
import { mustRun } from "./program.ts";
import { removeIfThere } from "./remove_if_there.ts";
import { waitUntil } from "./wait_until.ts";

/** How long the kernel may take to give a dead host's disk back, in ms. */
const detachTimeoutMs = 10_000;

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
    await removeIfThere(shared.root);
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
  await removeIfThere(paths.directory);
}
