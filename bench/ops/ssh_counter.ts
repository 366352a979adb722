import { BenchError } from "../bench_error.ts";
/** What reaching hosts has cost, for all hosts together, on the network. */
export interface SshTraffic {
  /** Clients of OpenSSH that were started: each has asked a host for something, and waited. */
  readonly processes: number;
  /** What went to the hosts and came from them, encrypted, logins included. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** How long masters may take to say what they have transferred, in ms. */
const logTimeoutMs = 10_000;
const pollIntervalMs = 20;

/**
 * Stands in front of `ssh` and counts what every tool does with it, in the same way. It costs a
 * shell for each client, so it is used in rounds that are not measured.
 */
export class SshCounter {
  readonly #directory: string;

  /** @param directory For its programs and logs; it is made. */
  constructor(directory: string) {
    this.#directory = directory;
    const { ssh, sftp } = this.#programs;
    Deno.mkdirSync(`${directory}/bin`, { recursive: true });
    Deno.mkdirSync(`${directory}/logs`);
    // Unlike standard error, a log file stays with a client that becomes a master.
    const client = `exec /usr/bin/ssh -E "${directory}/logs/$$" -o LogLevel=VERBOSE "$@"`;
    Deno.writeTextFileSync(ssh, `#!/bin/sh\n${client}\n`, { mode: 0o755 });
    Deno.writeTextFileSync(sftp, `#!/bin/sh\nexec /usr/bin/sftp -S ${ssh} "$@"\n`, { mode: 0o755 });
  }

  /** What makes a command use it. */
  get environment(): Record<string, string> {
    return {
      PATH: `${this.#directory}/bin:${Deno.env.get("PATH") ?? ""}`,
      ANSIBLE_SFTP_EXECUTABLE: this.#programs.sftp,
    };
  }

  /** What was counted since the last time. Masters must have been told to end. */
  async take(signal: AbortSignal): Promise<SshTraffic> {
    const directory = `${this.#directory}/logs`;
    const deadline = performance.now() + logTimeoutMs;
    for (;;) {
      signal.throwIfAborted();
      const logs = [...Deno.readDirSync(directory)].map(({ name }) =>
        Deno.readTextFileSync(`${directory}/${name}`)
      );
      const traffic = readSshLogs(logs);
      if (traffic !== undefined) {
        for (const { name } of Deno.readDirSync(directory)) Deno.removeSync(`${directory}/${name}`);
        return traffic;
      }
      if (performance.now() >= deadline) {
        throw new BenchError("Cannot count the traffic of ssh as some connections have not ended");
      }
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  get #programs(): { readonly ssh: string; readonly sftp: string } {
    return { ssh: `${this.#directory}/bin/ssh`, sftp: `${this.#directory}/bin/sftp` };
  }
}

/**
 * Sums up logs of ssh, one for each client; `undefined` while a connection has not said yet what it
 * has transferred.
 */
export function readSshLogs(logs: readonly string[]): SshTraffic | undefined {
  let [sentBytes, receivedBytes] = [0, 0];
  for (const log of logs) {
    // A client that uses another's connection says neither.
    const logins = [...log.matchAll(/^Authenticated to /gm)].length;
    const ends = [...log.matchAll(/^Transferred: sent (\d+), received (\d+) bytes/gm)];
    if (ends.length < logins) return undefined;
    for (const [, sent, received] of ends) {
      sentBytes += Number(sent);
      receivedBytes += Number(received);
    }
  }
  return { processes: logs.length, sentBytes, receivedBytes };
}
