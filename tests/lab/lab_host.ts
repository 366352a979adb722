import type { HostPlan } from "./address_plan.ts";
import { DirectoryLock } from "./directory_lock.ts";
import { fillDiskScript, freeDiskScript } from "./full_disk.ts";
import { resetHost } from "./lab_building.ts";
import { LabError } from "./lab_error.ts";
import type { LabPaths } from "./lab_paths.ts";
import { clearLink, shapeLink } from "./link.ts";
import { checkLinkShape, type LinkShape } from "./link_shape.ts";
import { plugHost } from "./network.ts";
import { Power } from "./power.ts";
import { type Finished, mustRun, runProgram } from "./program.ts";

/** One Debian host of a lab. */
export class LabHost {
  readonly #paths: LabPaths;
  readonly plan: HostPlan;
  readonly power: Power;

  constructor(paths: LabPaths, plan: HostPlan) {
    this.#paths = paths;
    this.plan = plan;
    this.power = new Power(paths, plan);
  }

  /** Its name, in the lab's `ssh_config` too. */
  get name(): string {
    return this.plan.name;
  }

  /** Its address, which only the router's namespace can reach. */
  get address(): string {
    return this.plan.address;
  }

  /**
   * Runs a shell script as root on the host, without the network: also when that is cut, and when
   * the host's own processes are frozen.
   *
   * @throws {LabError} when the host is off.
   */
  async exec(script: string, options: { signal?: AbortSignal } = {}): Promise<Finished> {
    return await runProgram(this.#enter("sh", "-c", script), options);
  }

  /**
   * Fills the disk, so that whatever writes to it fails with ENOSPC, also as root.
   *
   * @param leaveBytes About this much stays free.
   */
  async fillDisk(leaveBytes = 0): Promise<void> {
    await this.#mustExec("fill the disk", fillDiskScript(leaveBytes));
  }

  /** Gives the space back that {@linkcode fillDisk} has taken. */
  async freeDisk(): Promise<void> {
    await this.#mustExec("free the disk", freeDiskScript);
  }

  /** Unplugs the network cable: packets to and from the host are lost. */
  async cut(): Promise<void> {
    await plugHost(this.#paths, this.plan, false);
  }

  /** Plugs the network cable in again. */
  async mend(): Promise<void> {
    await plugHost(this.#paths, this.plan, true);
  }

  /**
   * Gives the link a delay, a jitter and a loss, each 0 by default, in each direction.
   *
   * @throws {ConfigError} for values out of range.
   */
  async shape(shape: Partial<LinkShape>): Promise<void> {
    const checked = checkLinkShape(shape);
    using _lock = await DirectoryLock.take(this.#paths.directory);
    await shapeLink(this.#paths, this.plan, checked);
  }

  /** Takes the link's shape away. */
  async clearShape(): Promise<void> {
    using _lock = await DirectoryLock.take(this.#paths.directory);
    await clearLink(this.#paths, this.plan);
  }

  /** Stops all of its processes in the middle of whatever they do; the kernel still answers. */
  async freeze(): Promise<void> {
    await this.power.freeze(true);
  }

  /** Lets its processes go on. */
  async thaw(): Promise<void> {
    await this.power.freeze(false);
  }

  /**
   * Cuts the power: the host falls silent, without closing a connection, and what it has not synced
   * to its disk is lost.
   */
  async crash(): Promise<void> {
    await this.power.cut();
  }

  /** Switches it on, and waits until it accepts logins. One that is on stays so. */
  async start(signal?: AbortSignal): Promise<void> {
    await this.power.start(signal);
  }

  /** Shuts it down. */
  async stop(): Promise<void> {
    await this.power.stop();
  }

  /** Has it reboot, and waits until it accepts logins. */
  async reboot(): Promise<void> {
    await this.power.reboot();
  }

  /** Switches it on with a fresh disk and another host key, whatever it was doing. */
  async reset(): Promise<void> {
    await resetHost(this.#paths, this.plan);
  }

  async #mustExec(what: string, script: string): Promise<void> {
    await mustRun(`${what} of ${this.name}`, this.#enter("sh", "-c", script));
  }

  #enter(...command: readonly string[]): [string, ...string[]] {
    const { init } = this.power;
    if (init === undefined) {
      throw new LabError(`Cannot run a command on ${this.name} as it is off: start it first`);
    }
    return [
      "nsenter",
      `--target=${init}`,
      ...["--all", "--wd=/", "--", "env", "-i", "HOME=/root", "LC_ALL=C.UTF-8"],
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ...command,
    ];
  }
}
