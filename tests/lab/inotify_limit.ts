import { writeFileAtomically } from "../../ops/atomic_file.ts";
import type { SharedPaths } from "./lab_paths.ts";

const defaultSetting = "/proc/sys/fs/inotify/max_user_instances";

/** Instances that a busy host takes: systemd, logind, dbus, and a user's own systemd. */
const instancesPerHost = 8;

/** Left for the machine itself. */
const instancesOfMachine = 32;

/** What the limit was before a lab raised it, and to what. */
interface LimitNote {
  readonly original: number;
  readonly raised: number;
}

/**
 * Raises the machine's limit of inotify instances per user when `hosts` hosts, of all labs together,
 * need more. All hosts' root is one user to the kernel. The caller holds the lock of all labs.
 *
 * @param setting File of the limit.
 */
export function raiseInotifyLimit(
  paths: SharedPaths,
  hosts: number,
  setting = defaultSetting,
): void {
  const current = Number(Deno.readTextFileSync(setting));
  const raised = hosts * instancesPerHost + instancesOfMachine;
  if (raised <= current) return;
  const original = readNote(paths)?.original ?? current;
  // Written first: a command that is killed in between leaves a note that changes nothing.
  writeFileAtomically(paths.inotifyNote, JSON.stringify({ original, raised } satisfies LimitNote));
  Deno.writeTextFileSync(setting, String(raised));
}

/** Puts the limit back, unless somebody has changed it since. The caller holds the lock of all labs. */
export function restoreInotifyLimit(paths: SharedPaths, setting = defaultSetting): void {
  const note = readNote(paths);
  if (note === undefined) return;
  const current = Number(Deno.readTextFileSync(setting));
  if (current === note.raised) Deno.writeTextFileSync(setting, String(note.original));
  Deno.removeSync(paths.inotifyNote);
}

function readNote(paths: SharedPaths): LimitNote | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(paths.inotifyNote)) as LimitNote;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
