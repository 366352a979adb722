import { assert, assertEquals } from "@std/assert";
import { parse, stringify } from "yaml";
import { checkout } from "../../ops/checkout.ts";
import { wouldChangeExitCode } from "../../ops/command.ts";
import { closeMasters } from "../../ops/engine/connection/control_masters.ts";
import { defaultPendingDirectory } from "../../ops/engine/resource/pending_handlers.ts";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import { type ProgramName, programNames, unitOf } from "../../ops/fleet/fleet.ts";
import { hostPaths } from "../../ops/host_paths.ts";
import { Lab, type LabHost } from "../lab/lab.ts";
import { type CommandEnd, RunningCommand } from "./running_command.ts";

export { labSkipReason } from "../lab/lab.ts";

/** The commands that tests run. */
export type CommandName =
  | "dashboards"
  | "deploy"
  | "exec"
  | "inventory"
  | "logs"
  | "probe"
  | "restart"
  | "rollback"
  | "status"
  | "sweep";

/** Those that have no `--events`. */
const withoutEvents: ReadonlySet<CommandName> = new Set(["dashboards", "inventory", "probe"]);

/** How a command is run. */
export interface FleetCommandOptions {
  /** The checkout that it runs from; ours by default. */
  readonly from?: string;
  /** The inventory; that of the lab, with its variables, by default. */
  readonly inventory?: string;
  /** Added to the operator's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Variables of all hosts: what takes long is cut short. */
const quickVariables = {
  // A connector whose relay was restarted several times in a minute waits for up to 30 s.
  ztna_ready_timeout: 60,
  ztna_drain_timeout: 1,
  ztna_relay_config: { drain_timeout: 0.1 },
};

/** By what every session's command line has in it. */
const listSessions = `pgrep -af '[%]s hello' || :
flock -n ${hostPaths.lock} true || echo "the lock is held"`;

/** Where the programs answer that do. */
const adminPorts: Readonly<Partial<Record<ProgramName, number>>> = { relay: 9090, connector: 9091 };

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

  /**
   * @param hosts Names: those that begin with `relay` are relays, the others connectors. A relay
   *   that is alone is all.
   */
  static async open(...hosts: readonly string[]): Promise<FleetLab> {
    const lab = await Lab.open({ hosts });
    const directory = Deno.makeTempDirSync({ prefix: "ztna-fleet-" });
    Deno.mkdirSync(`${directory}/run`);
    return new FleetLab(lab, directory);
  }

  /** The operator's environment, as far as it is not that of the tests. */
  get environment(): Readonly<Record<string, string>> {
    return {
      XDG_STATE_HOME: `${this.directory}/state`,
      XDG_RUNTIME_DIR: `${this.directory}/run`,
    };
  }

  /** A host by its name. */
  host(name: string): LabHost {
    return this.lab.host(name);
  }

  /** Writes an inventory of the lab's hosts. @returns its path. */
  inventory(variables: Readonly<Record<string, unknown>> = {}): string {
    const text = this.lab.inventoryText({ ...quickVariables, ...this.variables, ...variables });
    const [{ name }, ...others] = this.lab.hosts as [LabHost];
    if (others.length > 0) return this.write("inventory.yaml", text);
    const inventory = parse(text);
    for (const group of ["connectors", "applications"]) {
      inventory.all.children[group].hosts = { [name]: null };
    }
    return this.write("inventory.yaml", stringify(inventory));
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
        ...this.environment,
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

  /** Runs a command with `--json`, which must end with `code`; `--check`, as it has found. */
  async json<T>(
    name: CommandName,
    args: readonly string[] = [],
    options: FleetCommandOptions & { readonly code?: number } = {},
  ): Promise<T> {
    const { code, stdout, stderr } = await this.run(name, ["--json", ...args], options);
    assert(stdout !== "", `exit code ${code}: ${stderr}`);
    const result = JSON.parse(stdout) as T & { readonly changed?: number };
    const wouldChange = args.includes("--check") && (result.changed ?? 0) > 0;
    assertEquals(
      code,
      options.code ?? (wouldChange ? wouldChangeExitCode : 0),
      `${stderr}\n${stdout}`,
    );
    return result;
  }

  /** Runs `deploy`, which must succeed. */
  async deploy(
    args: readonly string[] = [],
    options: FleetCommandOptions & { readonly code?: number } = {},
  ): Promise<DeployJson> {
    return await this.json<DeployJson>("deploy", args, options);
  }

  /**
   * Shows that the fleet is whole: a deploy finds nothing to change, every host runs the release of
   * the checkout with all of its programs ready, and nothing is left of an earlier run.
   */
  async assertWhole(options: FleetCommandOptions = {}): Promise<void> {
    const again = await this.deploy(["--no-probe"], options);
    assertEquals(changedHosts(again), []);
    await Promise.all(this.lab.hosts.map(async ({ name }) => {
      await this.assertRuns(name, again.release);
      assertEquals(await this.leftovers(name), "");
    }));
  }

  /** Shows, by asking the host itself, that all of its programs are ready and run a release. */
  async assertRuns(host: string, release: string): Promise<void> {
    const programs = this.#programsOf(host);
    const units = programs.map(unitOf).join(" ");
    const ports = programs.flatMap((program) => adminPorts[program] ?? []);
    const found = await this.sh(
      host,
      `readlink ${hostPaths.current}
      systemctl is-active ${units}
      systemctl is-enabled ${units}
      ask() {
        bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET $2 HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3' \\
          ask "$@"
      }
      for port in ${ports.join(" ")}; do
        ask $port /readyz | grep -o ' 200 '
        ask $port /status | grep -o '"release": "[^"]*"'
      done`,
    );
    assertEquals(found.split("\n").map((line) => line.trim()), [
      `releases/${release}`,
      ...programs.map(() => "active"),
      ...programs.map(() => "enabled"),
      ...ports.flatMap(() => ["200", `"release": "${release}"`]),
    ]);
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
      ${listSessions}`,
    );
  }

  /** Sessions of ours that there are on a host, and whether one holds its lock. */
  async sessions(host: string): Promise<string> {
    return await this.sh(host, listSessions);
  }

  #programsOf(host: string): ProgramName[] {
    if (this.lab.hosts.length === 1) return [...programNames];
    return host.startsWith("relay") ? ["relay"] : ["application", "connector"];
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
