import { assertEquals } from "@std/assert";
import { checkout } from "../../ops/checkout.ts";
import { closeMasters } from "../../ops/engine/connection/control_masters.ts";
import { defaultPendingDirectory } from "../../ops/engine/resource/pending_handlers.ts";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import { hostPaths } from "../../ops/host_paths.ts";
import { Lab, type LabHost } from "../lab/lab.ts";
import { type CommandEnd, RunningCommand } from "./running_command.ts";

export { labSkipReason } from "../lab/lab.ts";

/** The commands that tests run; those that have no events are left out of `withEvents`. */
export type CommandName =
  | "deploy"
  | "exec"
  | "inventory"
  | "logs"
  | "probe"
  | "restart"
  | "rollback"
  | "status";

const withoutEvents: ReadonlySet<CommandName> = new Set(["inventory", "probe"]);

/** How a command is run. */
export interface FleetCommandOptions {
  /** The checkout that it runs from; ours by default. */
  readonly from?: string;
  /** The inventory; that of the lab, with its variables, by default. */
  readonly inventory?: string;
  /** Added to the operator's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Variables of all hosts: what takes long is cut short. A single host is all that a fleet needs, as
 * it can have all roles.
 */
const quickVariables = { ztna_ready_timeout: 20, ztna_drain_timeout: 1 };

/** A lab of fresh hosts, and an operator with a laptop of their own who works on it. */
export class FleetLab implements AsyncDisposable {
  readonly lab: Lab;
  /** Everything of the operator's: state, sockets, inventories, what commands tell. */
  readonly directory: string;
  /** Variables of all hosts in the lab's inventory. */
  variables: Readonly<Record<string, unknown>> = {};
  #files = 0;

  private constructor(lab: Lab, directory: string) {
    this.lab = lab;
    this.directory = directory;
  }

  /** @param hosts Names: those that begin with `relay` are relays, the others connectors. */
  static async open(...hosts: readonly string[]): Promise<FleetLab> {
    const lab = await Lab.open({ hosts });
    const directory = Deno.makeTempDirSync({ prefix: "ztna-fleet-" });
    Deno.mkdirSync(`${directory}/run`);
    return new FleetLab(lab, directory);
  }

  /** A host by its name. */
  host(name: string): LabHost {
    return this.lab.host(name);
  }

  /** Writes an inventory of the lab's hosts. @returns its path. */
  inventory(variables: Readonly<Record<string, unknown>> = {}): string {
    return this.write(
      "inventory.yaml",
      this.lab.inventoryText({ ...quickVariables, ...this.variables, ...variables }),
    );
  }

  /** Writes a file on the laptop, under a name of its own. @returns its path. */
  write(name: string, text: string, mode = 0o600): string {
    const path = `${this.directory}/${++this.#files}-${name}`;
    Deno.writeTextFileSync(path, text, { mode });
    return path;
  }

  /** Starts a command. */
  start(
    name: CommandName,
    args: readonly string[] = [],
    { from = checkout, inventory, environment = {} }: FleetCommandOptions = {},
  ): RunningCommand {
    return new RunningCommand({
      script: `${from}/ops/${name}.ts`,
      args: ["-i", inventory ?? this.inventory(), ...args],
      environment: {
        XDG_STATE_HOME: `${this.directory}/state`,
        XDG_RUNTIME_DIR: `${this.directory}/run`,
        NO_COLOR: "1",
        ...environment,
      },
      ...withoutEvents.has(name)
        ? {}
        : { eventFile: `${this.directory}/${++this.#files}-events.jsonl` },
    });
  }

  /** Runs a command to its end. */
  async run(
    name: CommandName,
    args: readonly string[] = [],
    options: FleetCommandOptions = {},
  ): Promise<CommandEnd> {
    await using command = this.start(name, args, options);
    return await command.ended();
  }

  /** Runs a command with `--json`, which must end with `code`. */
  async json<T>(
    name: CommandName,
    args: readonly string[] = [],
    options: FleetCommandOptions & { readonly code?: number } = {},
  ): Promise<T> {
    const end = await this.run(name, ["--json", ...args], options);
    assertEquals(end.code, options.code ?? 0, `${end.stderr}\n${end.stdout}`);
    return JSON.parse(end.stdout) as T;
  }

  /** Runs `deploy`, which must succeed. */
  async deploy(
    args: readonly string[] = [],
    options: FleetCommandOptions & { readonly code?: number } = {},
  ): Promise<DeployJson> {
    return await this.json<DeployJson>("deploy", args, options);
  }

  /**
   * Shows that the fleet is whole: every host runs the release of the checkout, with all of its
   * programs ready, nothing is left of an earlier run, and a deploy finds nothing to change.
   */
  async assertWhole(options: FleetCommandOptions = {}): Promise<void> {
    const again = await this.deploy(["--no-probe"], options);
    assertEquals(changedHosts(again), []);
    const { hosts } = await this.json<StatusJson>("status", [], options);
    for (const { name } of this.lab.hosts) {
      assertEquals(again.hosts[name]?.release, again.release);
      const { healthy, services, error } = hosts[name]!;
      assertEquals([error, healthy], [null, true], JSON.stringify(services));
      for (const { release } of Object.values(services)) {
        assertEquals(release ?? again.release, again.release); // the application does not tell
      }
      assertEquals(await this.leftovers(name), "");
    }
  }

  /** What runs of ours have left on a host and should not have: one path or process per line. */
  async leftovers(host: string): Promise<string> {
    const paths = [
      hostPaths.snapshot,
      `${hostPaths.root}/.upload`,
      `${hostPaths.root}/.current`,
      `${defaultPendingDirectory}/*`,
    ];
    return await this.sh(
      host,
      `for path in ${paths.join(" ")}; do [ ! -e "$path" ] || echo "$path"; done
      find /etc /opt/ztna /var/lib -xdev -name '*.ztna-*'
      pgrep -af '[%]s hello' || :
      flock -n ${hostPaths.lock} true || echo "the lock is held"`,
    );
  }

  /** Runs a script as root on a host, behind the operator's back; it must succeed. */
  async sh(host: string, script: string): Promise<string> {
    const { code, stdout, stderr } = await this.host(host).exec(`cd /\n${script}`);
    assertEquals(code, 0, `${script}\n${stderr}`);
    return stdout.trim();
  }

  /** Removes the lab, and everything of the operator's. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sockets = `${this.directory}/run/ztna-fleet`;
    try {
      await closeMasters(sockets);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // nothing was connected to
    }
    Deno.removeSync(this.directory, { recursive: true });
    await this.lab[Symbol.asyncDispose]();
  }
}

/** Names of the hosts that a deploy has changed, or would. */
export function changedHosts({ hosts }: DeployJson): string[] {
  return Object.entries(hosts).filter(([, { changed }]) => changed).map(([name]) => name);
}

/** What `status --json` prints. */
export interface StatusJson {
  readonly hosts: Readonly<Record<string, HostStatusJson>>;
}

/** A host's part of {@linkcode StatusJson}. */
export interface HostStatusJson {
  readonly healthy: boolean;
  readonly release: string | null;
  readonly error: string | null;
  readonly services: Readonly<
    Record<string, {
      readonly active: boolean;
      readonly ready: boolean;
      readonly release: string | null;
      readonly draining: boolean;
    }>
  >;
}
