import { assert, assertEquals } from "@std/assert";
import { Lab, type LabHost } from "../lab/lab.ts";
import type { Connection } from "../../ops/engine/connection/connection.ts";
import { closeMasters } from "../../ops/engine/connection/control_masters.ts";
import { openConnection } from "../../ops/engine/connection/open_connection.ts";
import { type AppliedPlan, applyPlan } from "../../ops/engine/resource/apply_plan.ts";
import { describeChange } from "../../ops/engine/resource/change.ts";
import { gatherFacts } from "../../ops/engine/resource/gather_facts.ts";
import { isConverged, type Plan, planChanges } from "../../ops/engine/resource/plan.ts";
import type { Play, Resource } from "../../ops/engine/resource/resource.ts";

/** A real host and our connection to it, for tests of resources. */
export class LabTarget implements AsyncDisposable {
  readonly lab: Lab;
  readonly host: LabHost;
  readonly #controlDirectory: string;
  #connection: Connection;

  private constructor(lab: Lab, controlDirectory: string, connection: Connection) {
    this.lab = lab;
    this.host = lab.hosts[0]!;
    this.#controlDirectory = controlDirectory;
    this.#connection = connection;
  }

  /** Builds a lab, of which the first host is the target. */
  static async open(...hosts: readonly string[]): Promise<LabTarget> {
    const lab = await Lab.open({ hosts });
    const controlDirectory = await Deno.makeTempDir();
    return new LabTarget(lab, controlDirectory, await connect(lab, controlDirectory));
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Connects again, once the host has gone and come. */
  async reconnect(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
    this.#connection = await connect(this.lab, this.#controlDirectory);
  }

  /** Starts the host anew, as its administrator does. */
  async reboot(): Promise<void> {
    await this.host.stop();
    await this.host.start();
    await this.reconnect();
  }

  /** Gathers facts and plans. */
  async plan(...resources: readonly Resource[]): Promise<Plan> {
    const play: Play = { resources, handlers: [] };
    return planChanges(play, await gatherFacts(this.#connection, play));
  }

  /** Gathers facts, plans and applies. */
  async run(...resources: readonly Resource[]): Promise<AppliedPlan> {
    return await applyPlan(this.#connection, await this.plan(...resources));
  }

  /** What the change that fails writes. */
  async failure(...resources: readonly Resource[]): Promise<string> {
    return (await this.run(...resources)).failed?.failure.output ?? "nothing failed";
  }

  /** Applies, shows that a second run finds nothing to do, and tells what the first one did. */
  async converge(...resources: readonly Resource[]): Promise<string[]> {
    const { changed, failed } = await this.run(...resources);
    assertEquals(failed?.failure, undefined);
    const again = await this.plan(...resources);
    assertEquals(again.changes.map(describeChange), []);
    assert(isConverged(again));
    return changed.map(describeChange);
  }

  /** Runs a script as root on the target, or another host, behind our back; gives its output. */
  async sh(script: string, host = this.host): Promise<string> {
    const { code, stdout, stderr } = await host.exec(`cd /; ${script}`);
    assertEquals(code, 0, stderr);
    return stdout.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
    await closeMasters(this.#controlDirectory);
    await Deno.remove(this.#controlDirectory, { recursive: true });
    await this.lab[Symbol.asyncDispose]();
  }
}

function connect(lab: Lab, controlDirectory: string): Promise<Connection> {
  const [{ name }] = lab.hosts as [LabHost];
  const settings = {
    host: name,
    transport: "ssh",
    address: name,
    port: undefined,
    user: undefined,
    privateKeyFile: undefined,
    sshArguments: ["-F", lab.sshConfigFile],
    become: undefined,
  } as const;
  return openConnection(settings, {
    signal: AbortSignal.timeout(60_000),
    controlDirectory,
    keepAliveIntervalSeconds: 1,
  });
}
