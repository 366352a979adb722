import type { ConnectionSettings } from "../../ops/engine/connection/connection_settings.ts";
import { skipWithout } from "./debian_program.ts";
import { freePort } from "./free_port.ts";
import { commandWithAccounts, type SshAccount } from "./ssh_accounts.ts";
import { waitFor } from "./wait.ts";

const sshd = "/usr/sbin/sshd";
/** The unit of Debian's package makes it; without it sshd does not run as root. */
const separationDirectory = "/run/sshd";
/** Attempts to bind a port: somebody may take it between our looking and sshd's binding it. */
const maxBindAttempts = 5;

/** Why tests with an SSH server are left out here, or `false` when they can run. */
export function skipWithoutSshServer(): string | false {
  return skipWithout(sshd, "openssh-server");
}

/** What an SSH server is like. */
export interface SshServerOptions {
  /** Lines of its configuration; they win over the usual ones. */
  readonly configuration?: readonly string[];
  /** Users who exist for this server; they can log in with its user key. Wants root. */
  readonly accounts?: readonly SshAccount[];
  /** Lines of sudoers for all accounts. */
  readonly sudoersDefaults?: readonly string[];
}

/** A real sshd on loopback with keys of its own. The tests' user can log in. */
export class SshServer implements AsyncDisposable {
  /** Its port at 127.0.0.1. */
  readonly port: number;
  /** Holds all that belongs to it. */
  readonly directory: string;
  readonly #process: Deno.ChildProcess;

  private constructor(port: number, directory: string, process: Deno.ChildProcess) {
    this.port = port;
    this.directory = directory;
    this.#process = process;
  }

  /** Starts one, with new keys. */
  static async start(options: SshServerOptions = {}): Promise<SshServer> {
    const directory = Deno.makeTempDirSync({ prefix: "ztna-ssh-" });
    // Accounts read the file of keys that may log in.
    Deno.chmodSync(directory, 0o755);
    if (Deno.uid() === 0) Deno.mkdirSync(separationDirectory, { recursive: true, mode: 0o755 });
    await Promise.all([makeKey(`${directory}/host_key`), makeKey(`${directory}/user_key`)]);
    Deno.copyFileSync(`${directory}/user_key.pub`, `${directory}/authorized_keys`);
    for (let attempt = 1; attempt <= maxBindAttempts; attempt++) {
      const port = freePort();
      const server = new SshServer(port, directory, startServer(directory, port, options));
      if (await server.#isListening()) {
        server.#writeKnownHosts();
        return server;
      }
    }
    throw new Error(`Cannot start sshd: ${Deno.readTextFileSync(`${directory}/log`)}`);
  }

  /** Where the client looks for host keys. */
  get knownHostsFile(): string {
    return `${this.directory}/known_hosts`;
  }

  /** What the server has logged. */
  get log(): string {
    return Deno.readTextFileSync(`${this.directory}/log`);
  }

  /** How the tests' user connects to it; nothing of their own configuration has a part in that. */
  settings(overrides: Partial<ConnectionSettings> = {}): ConnectionSettings {
    return {
      host: "target",
      transport: "ssh",
      address: "127.0.0.1",
      port: this.port,
      user: undefined,
      privateKeyFile: `${this.directory}/user_key`,
      sshArguments: this.clientArguments(),
      become: undefined,
      ...overrides,
    };
  }

  /** What keeps `ssh` to this server's keys. */
  clientArguments(): string[] {
    return [
      ...["-F", "none"],
      ...["-o", `UserKnownHostsFile=${this.knownHostsFile}`],
      ...["-o", "GlobalKnownHostsFile=none"],
      ...["-o", "IdentityAgent=none"],
      ...["-o", "IdentitiesOnly=yes"],
    ];
  }

  /** Processes of sshd that have a client: one for root, two for other users. */
  sessionPids(): number[] {
    const parents = [this.#process.pid];
    for (const parent of parents) parents.push(...sshdChildren(parent));
    return parents.slice(1);
  }

  /** Cuts all connections off, as a power failure does; what they carried goes on. */
  cut(): void {
    for (const pid of this.sessionPids().reverse()) sendSignal(pid, "SIGKILL");
  }

  /** Stops it in its tracks: it takes connections, and says nothing. */
  freeze(): void {
    for (const pid of [this.#process.pid, ...this.sessionPids()]) sendSignal(pid, "SIGSTOP");
  }

  /** Lets it go on. */
  thaw(): void {
    for (const pid of [this.#process.pid, ...this.sessionPids()]) sendSignal(pid, "SIGCONT");
  }

  /** Gives the server a new key, as a host has that was installed again. */
  async changeHostKey(): Promise<void> {
    const file = `${this.directory}/host_key`;
    Deno.removeSync(file);
    Deno.removeSync(`${file}.pub`);
    await makeKey(file);
    const listened = listenCount(this.log);
    Deno.kill(this.#process.pid, "SIGHUP");
    await waitFor(() => listenCount(this.log) > listened, "sshd to read its key");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    this.cut();
    this.#process.kill("SIGTERM");
    await this.#process.status;
    Deno.removeSync(this.directory, { recursive: true });
  }

  async #isListening(): Promise<boolean> {
    let ended = false;
    this.#process.status.then(() => ended = true);
    await waitFor(() => ended || listenCount(this.#logSoFar()) > 0, "sshd to listen");
    return !ended;
  }

  #logSoFar(): string {
    try {
      return this.log;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }

  #writeKnownHosts(): void {
    const key = Deno.readTextFileSync(`${this.directory}/host_key.pub`);
    Deno.writeTextFileSync(this.knownHostsFile, `[127.0.0.1]:${this.port} ${key}`);
  }
}

function startServer(
  directory: string,
  port: number,
  { configuration = [], accounts, sudoersDefaults = [] }: SshServerOptions,
): Deno.ChildProcess {
  const lines = [
    ...configuration,
    "ListenAddress 127.0.0.1",
    `Port ${port}`,
    `HostKey ${directory}/host_key`,
    `AuthorizedKeysFile ${directory}/authorized_keys`,
    "PidFile none",
    // What the user's shell runs at login is none of the tests' business, and can be slow.
    `SetEnv HOME=${directory}`,
    // The keys are in a directory for temporary files.
    "StrictModes no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin yes",
    "AcceptEnv LANG LC_*",
    "MaxStartups 100",
    "MaxSessions 100",
  ];
  Deno.writeTextFileSync(`${directory}/sshd_config`, lines.join("\n") + "\n");
  const serve = [sshd, "-D", "-f", `${directory}/sshd_config`, "-E", `${directory}/log`];
  const [program, ...args] = accounts === undefined
    ? serve
    : commandWithAccounts(directory, accounts, sudoersDefaults, serve);
  return new Deno.Command(program!, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function makeKey(file: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("ssh-keygen", {
    args: ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file],
  }).output();
  if (!success) throw new Error(`Cannot make a key: ${new TextDecoder().decode(stderr)}`);
}

function sendSignal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function sshdChildren(parent: number): number[] {
  try {
    const children = Deno.readTextFileSync(`/proc/${parent}/task/${parent}/children`).split(" ");
    return children.filter((pid) =>
      pid !== "" && Deno.readTextFileSync(`/proc/${pid}/comm`).startsWith("sshd")
    ).map(Number);
  } catch (error) {
    // One of them has ended in the meantime.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** How often the server has begun to listen. */
function listenCount(log: string): number {
  return log.split("Server listening on").length - 1;
}
