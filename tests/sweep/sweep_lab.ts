import { assert } from "@std/assert";
import type { Finding } from "../../ops/sweep/finding.ts";
import type { CommandEnd } from "../fleet/running_command.ts";
import { type FleetCommandOptions, FleetLab } from "../fleet/fleet_lab.ts";

/** What of `sweep --json` the tests look at. */
interface SweepJson {
  readonly checks: readonly Finding[];
}

/** How one sweep of a test differs from the usual one. */
export interface SweepOptions extends FleetCommandOptions {
  readonly args?: readonly string[];
  /** Variables of all hosts. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A sweep that has come to its end. */
export interface SweepEnd {
  readonly end: CommandEnd;
  readonly findings: readonly Finding[];
  /** Those that are not good. */
  readonly complaints: readonly Finding[];
}

/**
 * Variables of all hosts: what is the test machine's, which others use too, is taken for good.
 * Faults of that kind set their own.
 */
export const machineVariables = {
  ztna_sweep_load: { warning: 10_000, critical: 20_000 },
  ztna_sweep_memory_pressure: { warning: 99, critical: 100 },
  ztna_sweep_tunnel_round_trip: { warning: 5000, critical: 10_000 },
};

/** A fleet of a relay and a connector with its application, deployed, that is swept. */
export class SweepLab implements AsyncDisposable {
  readonly fleet: FleetLab;

  private constructor(fleet: FleetLab) {
    this.fleet = fleet;
    fleet.variables = machineVariables;
  }

  /** Builds and deploys it. */
  static async open(): Promise<SweepLab> {
    const lab = new SweepLab(await FleetLab.open("relay1", "connector1"));
    try {
      await lab.fleet.deploy(["--no-probe"]);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  /** Runs a script as root on a host, behind the operator's back. */
  readonly sh = (host: string, script: string): Promise<string> => this.fleet.sh(host, script);

  /** Sweeps; whatever it finds. */
  async sweep({ args = [], variables, ...options }: SweepOptions = {}): Promise<SweepEnd> {
    const end = await this.fleet.run("sweep", ["--json", ...args], {
      ...variables !== undefined && { inventory: this.fleet.inventory(variables) },
      ...options,
    });
    assert(end.stdout !== "", `exit code ${end.code}: ${end.stderr}`);
    const { checks: findings } = JSON.parse(end.stdout) as SweepJson;
    return { end, findings, complaints: findings.filter(({ status }) => status !== "ok") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
  }
}
