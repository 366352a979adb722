import { BenchError } from "../bench_error.ts";
/** Where Debian and Ubuntu have it; it must be named with its path. */
const sshd = "/usr/sbin/sshd";
/** The unit of Debian's package makes it; without it sshd does not run as root. */
const separationDirectory = "/run/sshd";
/** How long sshd may take to listen, in ms. */
const startTimeoutMs = 10_000;
/** How often it is asked whether it does, in ms. */
const pollIntervalMs = 20;

/** Which key exchange clients use. */
export type KeyExchange = "default" | "fast";

/**
 * One SSH server on loopback that passes for many hosts: each has a name in the client's
 * configuration, so that nothing but the names differs.
 */
export class LoopbackHosts implements AsyncDisposable {
  readonly names: readonly string[];
  readonly #directory: string;
  readonly #server: Deno.ChildProcess;

  private constructor(directory: string, names: readonly string[], server: Deno.ChildProcess) {
    this.#directory = directory;
    this.names = names;
    this.#server = server;
  }

  /**
   * Starts the server, with keys of its own.
   *
   * @param directory For its files, and those of its clients; it must exist.
   * @param standIns Files by the paths at which its sessions see them instead of what is there.
   * @throws {BenchError} when there is no sshd, or it does not start.
   */
  static async start(
    directory: string,
    count: number,
    standIns: Readonly<Record<string, string>> = {},
  ): Promise<LoopbackHosts> {
    const names = Array.from({ length: count }, (_, index) => `h${index + 1}`);
    if (Deno.uid() === 0) Deno.mkdirSync(separationDirectory, { recursive: true, mode: 0o755 });
    // The home of sessions: shells that read a startup file for a command (bash) find none.
    Deno.mkdirSync(`${directory}/home`, { recursive: true });
    for (const name of ["host_key", "user_key"]) await makeKey(`${directory}/${name}`);
    const port = freePort();
    Deno.writeTextFileSync(`${directory}/sshd_config`, serverConfiguration(directory, port, count));
    Deno.writeTextFileSync(`${directory}/known_hosts`, knownHosts(directory));
    for (const keyExchange of ["default", "fast"] as const) {
      const file = `${directory}/ssh_config.${keyExchange}`;
      Deno.writeTextFileSync(file, clientConfiguration(directory, port, names, keyExchange));
    }
    const serve = [sshd, "-D", "-f", `${directory}/sshd_config`, "-E", `${directory}/sshd.log`];
    const [program, ...args] = withStandIns(serve, standIns);
    const server = new Deno.Command(program!, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      // A terminal's Ctrl-C is for the benchmark, which ends the server when it is done with it.
      detached: true,
    }).spawn();
    const hosts = new LoopbackHosts(directory, names, server);
    try {
      await hosts.#whenListening();
      return hosts;
    } catch (error) {
      await hosts[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The configuration for `ssh -F`. */
  sshConfigFile(keyExchange: KeyExchange): string {
    return `${this.#directory}/ssh_config.${keyExchange}`;
  }

  /** Waits until all sessions have ended, so that what ends one is part of no measurement. */
  async whenIdle(signal: AbortSignal): Promise<void> {
    const file = `/proc/${this.#server.pid}/task/${this.#server.pid}/children`;
    while (Deno.readTextFileSync(file).trim() !== "") {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#server.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended.
    }
    await this.#server.status;
  }

  async #whenListening(): Promise<void> {
    let hasEnded = false;
    this.#server.status.then(() => hasEnded = true);
    const deadline = performance.now() + startTimeoutMs;
    while (!hasEnded && performance.now() < deadline) {
      if (this.#log().includes("Server listening on")) return;
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
    throw new BenchError(`Cannot start ${sshd}: ${this.#log()}`);
  }

  #log(): string {
    try {
      return Deno.readTextFileSync(`${this.#directory}/sshd.log`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }
}

/** A command that sees other files; others on this machine don't. */
function withStandIns(
  argv: readonly string[],
  standIns: Readonly<Record<string, string>>,
): readonly string[] {
  const entries = Object.entries(standIns);
  if (entries.length === 0) return argv;
  const script = `while [ "$1" != -- ]; do
  [ ! -e "$2" ] || mount --bind "$1" "$2"
  shift 2
done
shift
exec "$@"`;
  const pairs = entries.flatMap(([path, file]) => [file, path]);
  return ["unshare", "--mount", "sh", "-euc", script, "sh", ...pairs, "--", ...argv];
}

function serverConfiguration(directory: string, port: number, hosts: number): string {
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${directory}/host_key
AuthorizedKeysFile ${directory}/authorized_keys
PidFile none
SetEnv HOME=${directory}/home
# The keys are in a directory for temporary files.
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
# All hosts are this one, and several tools have their masters at a time.
MaxStartups ${10 * hosts}
MaxSessions ${10 * hosts}
`;
}

function clientConfiguration(
  directory: string,
  port: number,
  names: readonly string[],
  keyExchange: KeyExchange,
): string {
  // OpenSSH's default is a post-quantum exchange since 9.0: slower, and safe from later decryption.
  const fast = keyExchange === "fast" ? "  KexAlgorithms curve25519-sha256\n" : "";
  return `Host ${names.join(" ")}
  HostName 127.0.0.1
  Port ${port}
  HostKeyAlias loopback
  IdentityFile ${directory}/user_key
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${directory}/known_hosts
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
${fast}`;
}

function knownHosts(directory: string): string {
  Deno.copyFileSync(`${directory}/user_key.pub`, `${directory}/authorized_keys`);
  return `loopback ${Deno.readTextFileSync(`${directory}/host_key.pub`)}`;
}

async function makeKey(file: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("ssh-keygen", {
    args: ["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", file],
  }).output();
  if (!success) throw new BenchError(`Cannot make a key: ${new TextDecoder().decode(stderr)}`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
