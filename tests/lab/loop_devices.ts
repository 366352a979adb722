/** Files below a directory that loop devices hold. The kernel lets go of them a bit after their use. */
export function loopFilesBelow(directory: string): string[] {
  return [...loopDevices().values()].filter((file) => file.startsWith(`${directory}/`));
}

/** The loop device that holds a file, such as `loop3`. */
export function loopDeviceOf(file: string): string | undefined {
  for (const [device, held] of loopDevices()) if (held === file) return device;
  return undefined;
}

/**
 * Has the ext4 file system in a file write nothing any more, from now on: what was not synced is
 * lost. It takes an error for that, after which it is read-only (it must be mounted with
 * `errors=remount-ro`).
 */
export function stopWriting(file: string): void {
  const device = loopDeviceOf(file);
  if (device === undefined) return;
  try {
    Deno.writeTextFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, "power cut");
  } catch (error) {
    // It is not mounted yet, or not any more.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function loopDevices(): Map<string, string> {
  const devices = new Map<string, string>();
  for (const { name } of Deno.readDirSync("/sys/block")) {
    try {
      devices.set(name, Deno.readTextFileSync(`/sys/block/${name}/loop/backing_file`).trim());
    } catch {
      // no loop device, or one without a file
    }
  }
  return devices;
}
