import type { HostPlan } from "./address_plan.ts";
import { resetHost } from "./lab_building.ts";
import { LabError } from "./lab_error.ts";
import type { LabPaths } from "./lab_paths.ts";
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
    this.power = new Power(paths, plan.name);
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

  /** Like {@linkcode exec}, for scripts that have to succeed; gives standard output. */
  async mustExec(script: string): Promise<string> {
    return await mustRun(`prepare ${this.name}`, this.#enter("sh", "-c", script));
  }

  /** Unplugs the network cable: packets to and from the host are lost. */
  async cut(): Promise<void> {
    await plugHost(this.#paths, this.plan, false);
  }

  /** Plugs the network cable in again. */
  async mend(): Promise<void> {
    await plugHost(this.#paths, this.plan, true);
  }

  /** Stops all of its processes in the middle of whatever they do; the kernel still answers. */
  async freeze(): Promise<void> {
    await this.power.freeze(true);
  }

  /** Lets its processes go on. */
  async thaw(): Promise<void> {
    await this.power.freeze(false);
  }

  /** Cuts the power. */
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

  /** Switches it on with a fresh disk and another host key, whatever it was doing. */
  async reset(): Promise<void> {
    await resetHost(this.#paths, this.plan);
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
