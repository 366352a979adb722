import { BenchError } from "../bench_error.ts";
import { timedRun } from "./timed_command.ts";

/** The lab is the benchmark's own: what an earlier one has left behind is in the way. */
const labName = "bench";
/** The command, which this room does not import. */
const labCommand = new URL("../../tests/lab/main.ts", import.meta.url).pathname;

/** A host of the lab. */
export interface BenchLabHost {
  readonly name: string;
  /** In the lab's own network. */
  readonly address: string;
}

/** Hosts with systemd and OpenSSH of their own, on this machine. */
export class BenchLab implements AsyncDisposable {
  readonly #count: number;
  readonly #signal: AbortSignal;

  constructor(count: number, signal: AbortSignal) {
    this.#count = count;
    this.#signal = signal;
  }

  /** For `ssh -F`. */
  get sshConfigFile(): string {
    return `${Deno.env.get("ZTNA_LAB_DIR") ?? "/var/lib/ztna-lab"}/${labName}/ssh_config`;
  }

  /** Has all hosts made anew: nothing was ever done to them, and they have new keys. */
  async renew(): Promise<void> {
    await runLab(["down"], this.#signal);
    await runLab(["up", String(this.#count)], this.#signal);
  }

  /** The hosts: those whose name begins with "relay" are for relays. */
  async hosts(): Promise<BenchLabHost[]> {
    const { hosts } = JSON.parse(await runLab(["status", "--json"], this.#signal)) as {
      hosts: BenchLabHost[];
    };
    if (hosts.length === this.#count) return hosts;
    throw new BenchError(`Lab "${labName}" has ${hosts.length} hosts instead of ${this.#count}`);
  }

  /** Removes the lab, also when the benchmark was interrupted. */
  async [Symbol.asyncDispose](): Promise<void> {
    await runLab(["down"], new AbortController().signal);
  }
}

async function runLab([command, ...args]: readonly string[], signal: AbortSignal): Promise<string> {
  const argv = ["deno", "run", "-A", labCommand, command!, "--name", labName, ...args];
  return (await timedRun({ argv, environment: {} }, signal)).stdout;
}
