import { readMounts } from "./mount_table.ts";
import { mustRun } from "./program.ts";

/**
 * A network namespace that a file keeps alive, as `ip netns` does it, but in the lab's own directory,
 * where `down` finds it.
 */
export class NetworkNamespace {
  constructor(readonly file: string) {}

  /** Whether the file is a namespace. After a restart of the machine it is an empty file. */
  get exists(): boolean {
    return readMounts().some(({ mountPoint, type }) => mountPoint === this.file && type === "nsfs");
  }

  /** Makes the namespace with its loopback interface up; one that is there already stays. */
  async make(): Promise<void> {
    if (this.exists) return;
    Deno.writeTextFileSync(this.file, "");
    await mustRun("make a network namespace", [
      "unshare",
      `--net=${this.file}`,
      "ip",
      "link",
      "set",
      "lo",
      "up",
    ]);
  }

  /** The namespace ends when the last process in it has, which is not waited for. */
  async remove(): Promise<void> {
    while (this.exists) await mustRun("remove a network namespace", ["umount", this.file]);
    try {
      Deno.removeSync(this.file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** The command that runs another one in this namespace. */
  enter(...command: readonly string[]): [string, ...string[]] {
    return ["nsenter", `--net=${this.file}`, "--", ...command];
  }

  /**
   * Runs lines of `ip -batch` in this namespace.
   *
   * @param what What can't be done when one fails.
   */
  async configure(what: string, lines: readonly string[]): Promise<void> {
    await mustRun(what, this.enter("ip", "-batch", "-"), { stdin: `${lines.join("\n")}\n` });
  }

  /** The interfaces that are there; those that are up have the flag `UP`. */
  async interfaces(): Promise<NetworkInterface[]> {
    const output = await mustRun(
      "see network interfaces",
      this.enter("ip", "-json", "link", "show"),
    );
    return JSON.parse(output) as NetworkInterface[];
  }
}

/** An interface, as `ip -json link` shows it. */
export interface NetworkInterface {
  readonly ifname: string;
  readonly flags: readonly string[];
}
