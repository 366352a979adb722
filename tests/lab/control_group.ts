import { LabError, LabPrerequisiteError } from "./lab_error.ts";
import { readMounts } from "./mount_table.ts";
import { waitUntil } from "./wait_until.ts";

/** How long the kernel may take to end the processes of a group, in ms. */
const killTimeoutMs = 10_000;

/**
 * A cgroup (version 2). The lab starts every process in a group of its own, and so never has to
 * remember process numbers: what is in the group is the lab's, also when a command was killed before
 * it could write anything down, and the kernel ends a whole group at once.
 */
export class ControlGroup {
  constructor(readonly path: string) {}

  child(name: string): ControlGroup {
    return new ControlGroup(`${this.path}/${name}`);
  }

  /** The groups directly below. */
  get children(): ControlGroup[] {
    if (!this.exists) return [];
    return [...Deno.readDirSync(this.path)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => this.child(name));
  }

  get exists(): boolean {
    return readIfThere(`${this.path}/cgroup.procs`) !== undefined;
  }

  /** Whether any process is in the group or below. */
  get isPopulated(): boolean {
    return /^populated 1$/m.test(readIfThere(`${this.path}/cgroup.events`) ?? "");
  }

  /** Numbers of the processes in this group itself, not of those below. */
  get processes(): number[] {
    return (readIfThere(`${this.path}/cgroup.procs`) ?? "").split("\n").filter(Boolean).map(Number);
  }

  /** Makes the group, and its parents. */
  make(): void {
    Deno.mkdirSync(this.path, { recursive: true });
  }

  /** The command that runs another one in this group. */
  enter(...command: readonly string[]): [string, ...string[]] {
    return ["sh", "-c", 'echo 0 >"$0" && exec "$@"', `${this.path}/cgroup.procs`, ...command];
  }

  /**
   * Lets groups below limit memory, tasks and CPU, as far as this machine's version 2 hierarchy has
   * these controllers: on some machines they belong to version 1, and limits are not enforced then.
   */
  delegate(): void {
    const available = (readIfThere(`${this.path}/cgroup.controllers`) ?? "").trim().split(" ");
    for (const controller of ["cpu", "memory", "pids"]) {
      if (available.includes(controller)) {
        Deno.writeTextFileSync(`${this.path}/cgroup.subtree_control`, `+${controller}`);
      }
    }
  }

  /** Has all processes of the group stop where they are, or go on; {@linkcode isFrozen} follows. */
  freeze(frozen: boolean): void {
    Deno.writeTextFileSync(`${this.path}/cgroup.freeze`, frozen ? "1" : "0");
  }

  /** Whether all processes of the group stand still. */
  get isFrozen(): boolean {
    return /^frozen 1$/m.test(readIfThere(`${this.path}/cgroup.events`) ?? "");
  }

  /** Ends all processes of the group and below at once, and waits until they are gone. */
  async kill(): Promise<void> {
    if (!this.exists) return;
    Deno.writeTextFileSync(`${this.path}/cgroup.kill`, "1");
    const gone = await waitUntil(() => !this.isPopulated, killTimeoutMs);
    if (!gone) {
      throw new LabError(
        `Cannot end the processes of "${this.path}" within ${killTimeoutMs} ms: see them with ` +
          `systemd-cgls or in its cgroup.procs`,
      );
    }
  }

  /** Removes the group and those below; they must be empty. */
  remove(): void {
    try {
      for (const child of this.children) child.remove();
      Deno.removeSync(this.path); // its files go with it
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    // ENODEV: the group was removed between opening and reading.
    if (error instanceof Deno.errors.NotFound || /os error 19/.test(String(error))) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The top of the version 2 hierarchy. Groups of the lab are made there, and not below our own: a
 * group that has both processes and groups in it can't delegate controllers.
 *
 * @throws {LabPrerequisiteError} when this machine has none.
 */
export function topControlGroup(): ControlGroup {
  const mount = readMounts().find(({ type }) => type === "cgroup2");
  if (mount === undefined) {
    throw new LabPrerequisiteError(
      `Cannot run a lab as it needs the cgroup version 2 hierarchy: none is mounted here`,
    );
  }
  return new ControlGroup(mount.mountPoint);
}
