import { assert, assertEquals } from "@std/assert";
import { checkout } from "../../ops/checkout.ts";
import { CheckoutCopy } from "./checkout_copy.ts";
import { type CommandName, FleetLab } from "./fleet_lab.ts";
import type { CommandEnd, RunningCommand } from "./running_command.ts";

/** One host with all roles, deploys of two releases to it in turn, and what must be true after one. */
export class DisturbedDeploys implements AsyncDisposable {
  readonly fleet: FleetLab;
  readonly #copy: CheckoutCopy;
  /** Checkouts by their releases. */
  readonly #checkouts = new Map<string, string>();
  /** The release that is deployed last, or the host's first one. */
  #wanted = "";

  private constructor(fleet: FleetLab, copy: CheckoutCopy) {
    this.fleet = fleet;
    this.#copy = copy;
  }

  /** Builds a lab whose host runs one of the releases. */
  static async open(): Promise<DisturbedDeploys> {
    const copy = CheckoutCopy.ofAnotherRelease();
    const deploys = new DisturbedDeploys(await FleetLab.open("relay1"), copy);
    for (const from of [checkout, copy.root]) {
      const { release } = await deploys.fleet.deploy(["--check"], { from });
      deploys.#checkouts.set(release, from);
      deploys.#wanted ||= release;
    }
    await deploys.fleet.deploy(["--no-probe"]);
    return deploys;
  }

  /** The release that the next run has to bring the host to. */
  get wanted(): string {
    return this.#wanted;
  }

  /** The checkout of that release. */
  get from(): string {
    return this.#checkouts.get(this.#wanted)!;
  }

  /**
   * Begins to deploy the other release, which is not on the host; the host's kernel settings are
   * lost, too.
   */
  async begin(args: readonly string[] = ["--no-probe"]): Promise<RunningCommand> {
    const running = await this.#current();
    this.#wanted = [...this.#checkouts.keys()].find((release) => release !== running)!;
    await this.fleet.sh(
      "relay1",
      `rm -rf /opt/ztna/releases/${this.#wanted} /etc/sysctl.d/*ztna*`,
    );
    return this.start("deploy", args);
  }

  /** Starts a command from the checkout of the wanted release. */
  start(name: CommandName, args: readonly string[] = []): RunningCommand {
    return this.fleet.start(name, ["--json", ...args], { from: this.from });
  }

  /** Runs one to its end. */
  async run(name: CommandName, args: readonly string[] = []): Promise<CommandEnd> {
    await using command = this.start(name, args);
    return await command.ended();
  }

  /** Shows that one of the releases is switched to, and whole. */
  async assertSwitchedOrNot(): Promise<void> {
    const current = await this.#current();
    assert(this.#checkouts.has(current), current);
    await this.fleet.sh("relay1", "cd /opt/ztna/current/ && sha256sum --quiet -c SHA256SUMS");
  }

  /** Shows that the next deploy brings the host to the wanted release, and the one after nothing. */
  async assertNextRunConverges(): Promise<void> {
    const next = await this.fleet.deploy(["--no-probe"], { from: this.from });
    assertEquals([next.release, next.hosts.relay1?.release], [this.#wanted, this.#wanted]);
    await this.fleet.assertWhole({ from: this.from });
  }

  /** Removes the lab. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#copy[Symbol.dispose]();
    await this.fleet[Symbol.asyncDispose]();
  }

  async #current(): Promise<string> {
    const link = await this.fleet.sh("relay1", "readlink /opt/ztna/current");
    return link.replace("releases/", "");
  }
}

/** The phases of a deploy without a probe, and how to wait until one has begun. */
export const deployPhases: Readonly<Record<string, (command: RunningCommand) => Promise<void>>> = {
  connecting: (command) => command.enters("connecting"),
  gathering: (command) => command.sends("survey the host"),
  preparing: (command) => command.sends("apply the plan"),
  uploading: (command) => command.sends("upload release"),
  "saving what will change": (command) => command.sends("saving what will change"),
  draining: (command) => command.sends("draining the relay"),
  applying: (command) => command.sends("apply the plan", 2),
  "waiting for readiness": (command) => command.sends("wait until ready"),
  confirming: (command) => command.sends("tidying up"),
};
