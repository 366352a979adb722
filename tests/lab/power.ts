import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { HostPlan } from "./address_plan.ts";
import { startInBackground } from "./background_program.ts";
import { DirectoryLock } from "./directory_lock.ts";
import { checkDisk } from "./disk.ts";
import { type HostGroups, hostGroups, makeHostGroups } from "./lab_control_group.ts";
import { LabError } from "./lab_error.ts";
import type { HostPaths, LabPaths } from "./lab_paths.ts";
import { loopDeviceOf, stopWriting } from "./loop_devices.ts";
import { disconnectHost } from "./network.ts";
import { lastLines, runProgram } from "./program.ts";
import { waitUntil } from "./wait_until.ts";

/** How long a host may take to accept logins, in ms: a second, or many on a machine that is busy. */
const bootTimeoutMs = 60_000;

/** How long services may take to stop before the power goes anyway, in ms. */
const stopTimeoutMs = 20_000;

/** How long a process may take to start, or to be frozen, in ms. */
const switchTimeoutMs = 10_000;

/** At which systemd's PID 1 powers off and reboots: SIGRTMIN+4 and +5 (systemd(1)). */
const [powerOffSignal, rebootSignal] = [34 + 4, 34 + 5];

/** A host's power switch. */
export class Power {
  readonly #paths: LabPaths;
  readonly #plan: HostPlan;

  constructor(paths: LabPaths, plan: HostPlan) {
    this.#paths = paths;
    this.#plan = plan;
  }

  /** Whether it has power: it runs, boots, or is between two boots. */
  get isOn(): boolean {
    return this.#groups.power.isPopulated;
  }

  /** Whether its processes are frozen. */
  get isFrozen(): boolean {
    return this.isOn && this.#groups.machine.isFrozen;
  }

  /**
   * The host's PID 1 as the machine numbers it; `undefined` while there is none.
   *
   * systemd keeps itself in `init.scope`; before that exists, PID 1 is at the top.
   */
  get init(): number | undefined {
    const machine = this.#groups.machine;
    return [...machine.child("init.scope").processes, ...machine.processes].find(isInit);
  }

  /** Whether `sshd` listens and all users may log in, which systemd allows late in its boot. */
  get acceptsLogins(): boolean {
    const init = this.init;
    if (init === undefined) return false;
    const run = `/proc/${init}/root/run`;
    return existsSync(`${run}/sshd.pid`) && !existsSync(`${run}/nologin`);
  }

  /**
   * Switches the host on, if it is off, and waits until it accepts logins.
   *
   * @throws {LabError} with the end of its console's log.
   */
  async start(signal?: AbortSignal): Promise<void> {
    const { consoleLog } = this.#files;
    await this.#switchOn(signal);
    await waitUntil(() => this.acceptsLogins || !this.isOn, bootTimeoutMs, signal);
    if (this.acceptsLogins) return;
    const fault = this.isOn ? `accepts no logins after ${bootTimeoutMs} ms` : "has ended";
    throw new LabError(
      `Cannot start ${this.#plan.name} as it ${fault}; the end of "${consoleLog}":\n` +
        lastLines(await Deno.readTextFile(consoleLog)),
    );
  }

  /** Shuts the host down as its power button would, and cuts the power when that takes too long. */
  async stop(): Promise<void> {
    if (this.init !== undefined) {
      await this.#signalInit(powerOffSignal);
      await waitUntil(() => !this.isOn, stopTimeoutMs);
    }
    await this.#end();
  }

  /** Has the host shut down and boot again, and waits until it accepts logins. */
  async reboot(): Promise<void> {
    const before = this.init;
    if (before !== undefined) {
      await this.#signalInit(rebootSignal);
      // The new one has another number: the machine's are given out in turn.
      const ended = await waitUntil(() => this.init !== before, stopTimeoutMs);
      if (!ended) await this.#end();
    }
    await this.start();
  }

  /**
   * Ends the host as a power cut does: nobody hears from it any more, and what it has not synced to
   * its disk is lost.
   */
  async cut(): Promise<void> {
    // Otherwise the kernel would close the connections of processes that end.
    await disconnectHost(this.#paths, this.#plan);
    if (this.isOn) {
      // No process may see the disk fail, and tell of it.
      this.#groups.machine.freeze(true);
      await waitUntil(() => this.#groups.machine.isFrozen, switchTimeoutMs);
      stopWriting(this.#files.disk);
    }
    await this.#end();
  }

  /** Stops all of the host's processes where they are, or lets them go on. */
  async freeze(frozen: boolean): Promise<void> {
    if (!this.isOn) {
      throw new LabError(
        `Cannot ${frozen ? "freeze" : "thaw"} ${this.#plan.name} as it is off: start it first`,
      );
    }
    this.#groups.machine.freeze(frozen);
    await waitUntil(() => this.#groups.machine.isFrozen === frozen, switchTimeoutMs);
  }

  get #files(): HostPaths {
    return this.#paths.host(this.#plan.name);
  }

  get #groups(): HostGroups {
    return hostGroups(this.#paths, this.#plan.name);
  }

  async #signalInit(signal: number): Promise<void> {
    if (this.isFrozen) this.#groups.machine.freeze(false);
    // By a shell: Deno has no names for real-time signals.
    await runProgram(["sh", "-c", `kill -${signal} ${this.init}`]);
  }

  /** Ends whatever is left of the host. */
  async #end(): Promise<void> {
    const { power, machine } = this.#groups;
    await power.kill(); // first, as it would boot the host again
    await machine.kill();
    machine.remove();
    await disconnectHost(this.#paths, this.#plan);
    const { disk } = this.#files;
    await waitUntil(() => loopDeviceOf(disk) === undefined, switchTimeoutMs);
  }

  async #switchOn(signal?: AbortSignal): Promise<void> {
    const files = this.#files;
    // Two systems that run from one disk would destroy it.
    using _lock = await DirectoryLock.take(files.directory);
    if (this.isOn) return;
    await this.#end(); // when power.sh was killed, the host may be about to end
    await checkDisk(files.disk);
    const groups = makeHostGroups(this.#paths, this.#plan.name);
    await startInBackground({
      what: this.#plan.name,
      group: groups.power,
      command: [
        "sh",
        fileURLToPath(new URL("power.sh", import.meta.url)),
        groups.machine.path,
        this.#paths.routerNamespace,
        this.#plan.interfaces.port,
        files.directory,
        this.#paths.shared.image,
        this.#plan.name,
      ],
      logFile: files.consoleLog,
      isReady: () => this.isOn,
      timeoutMs: switchTimeoutMs,
    }, signal);
  }
}

/** Whether a process is the first of a PID namespace below the machine's. */
function isInit(pid: number): boolean {
  try {
    const numbers = /^NSpid:(.*)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
    return numbers?.trim().split(/\s+/).at(-1) === "1" && numbers.trim().includes("\t");
  } catch {
    return false; // it has ended
  }
}
