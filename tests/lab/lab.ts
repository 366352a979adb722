import { identifyProcess } from "../../ops/process_identity.ts";
import { checkName, type HostPlan } from "./address_plan.ts";
import { readGatewayNote } from "./gateway_control.ts";
import { inventoryText } from "./inventory_text.ts";
import { buildLab, type BuildOptions } from "./lab_building.ts";
import { LabError } from "./lab_error.ts";
import { LabHost } from "./lab_host.ts";
import { LabPaths, stateDirectory } from "./lab_paths.ts";
import { readHosts } from "./lab_record.ts";
import { removeAbandonedLabs, removeLab } from "./lab_removal.ts";

export { labSkipReason } from "./prerequisites.ts";
export type { LabHost };

/** A lab for a test: `await using lab = await Lab.open({ hosts: ["relay1"] })`. */
export class Lab implements AsyncDisposable {
  readonly paths: LabPaths;
  readonly #hosts: ReadonlyMap<string, LabHost>;

  private constructor(paths: LabPaths, hosts: readonly HostPlan[]) {
    this.paths = paths;
    this.#hosts = new Map(hosts.map((host) => [host.name, new LabHost(paths, host)]));
  }

  /**
   * Builds a lab, and gives it when all of its hosts accept logins. It is removed when it is
   * disposed of, and when this process has ended without doing so, by whoever opens a lab next.
   *
   * @param options.name A random one by default.
   * @throws {LabError} when it can't be built; nothing is left of it then.
   */
  static async open(
    options: Omit<BuildOptions, "owner"> & { readonly name?: string },
  ): Promise<Lab> {
    const name = options.name ?? `test-${crypto.randomUUID().slice(0, 8)}`;
    checkName("lab", name);
    for (const host of options.hosts) checkName("host", host);
    const paths = new LabPaths(stateDirectory(Deno.env), name);
    await removeAbandonedLabs(paths.shared);
    if (readHosts(paths).length > 0) {
      throw new LabError(
        `Cannot open lab "${name}" as there is one of that name: remove it with "deno task lab ` +
          `down --name ${name}", or take another name`,
      );
    }
    const owner = identifyProcess(Deno.pid);
    try {
      const hosts = await buildLab(paths, {
        ...options,
        ...(owner === undefined ? {} : { owner }),
      });
      return new Lab(paths, hosts);
    } catch (error) {
      await removeLab(paths);
      throw error;
    }
  }

  /** A lab that is there already, such as that of `deno task lab up`. Don't dispose of it. */
  static find(name: string): Lab {
    const paths = new LabPaths(stateDirectory(Deno.env), name);
    return new Lab(paths, readHosts(paths));
  }

  /** For `ssh -F`: with it, the hosts' names are all that `ssh` needs. */
  get sshConfigFile(): string {
    return this.paths.sshConfig;
  }

  /** All hosts, in the order of their numbers. */
  get hosts(): LabHost[] {
    return [...this.#hosts.values()];
  }

  /** @throws {LabError} when there is no such host. */
  host(name: string): LabHost {
    const host = this.#hosts.get(name);
    if (host !== undefined) return host;
    const names = [...this.#hosts.keys()].join(", ");
    throw new LabError(
      `Cannot use host "${name}" as lab "${this.paths.name}" has no such host: ` +
        (names === "" ? `it has none; run "deno task lab up"` : `it has ${names}`),
    );
  }

  /** UDP address on this machine that leads to port 4433 of a host. */
  gateway(host: string): { readonly hostname: string; readonly port: number } {
    const port = readGatewayNote(this.paths)?.[this.host(host).name];
    if (port === undefined) {
      throw new LabError(
        `Cannot reach ${host} by the gateway as that does not run: "deno task lab up" starts it`,
      );
    }
    return { hostname: "127.0.0.1", port };
  }

  /**
   * The text of an inventory in Ansible's YAML with all hosts: groups `relays`, `connectors` and
   * `applications`.
   *
   * @param variables Variables of all hosts; `undefined` takes one away that is there otherwise.
   */
  inventoryText(variables: Readonly<Record<string, unknown>> = {}): string {
    const hosts = this.hosts.map(({ name, address }) => {
      const { hostname, port } = this.gateway(name);
      return { name, address, probeAddress: `${hostname}:${port}` };
    });
    return inventoryText(hosts, { sshConfigFile: this.sshConfigFile, variables });
  }

  /** Removes the lab. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeLab(this.paths);
  }
}
