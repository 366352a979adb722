import type {
  CommandResult,
  Connection,
  ConnectionTraffic,
  RunOptions,
} from "../connection/connection.ts";

/** How a {@linkcode TestShell} differs from a plain one. */
export interface TestShellOptions {
  /** Around the shell that gets the script: `unshare`, `setpriv`, … */
  readonly around?: readonly string[];
  /** Damages what the script reads from its standard input. */
  readonly damage?: (input: Uint8Array) => void;
  /** Sees the process group of a script that has been started, to kill it. */
  readonly onStart?: (group: number) => void;
}

/** This machine's `sh` as a connection for tests: each script is a process group of its own. */
export class TestShell implements Connection {
  readonly host = "here";
  readonly traffic: ConnectionTraffic = {
    bytesSent: 0,
    bytesReceived: 0,
    roundTrips: 0,
    processes: 0,
  };
  readonly #options: TestShellOptions;

  constructor(options: TestShellOptions = {}) {
    this.#options = options;
  }

  async run(script: string, { input, onLine }: RunOptions): Promise<CommandResult> {
    const { around = [], damage, onStart } = this.#options;
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, script);
      const child = new Deno.Command("setsid", {
        args: [...around, "sh", file],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      onStart?.(child.pid);
      const bytes = input === undefined
        ? new Uint8Array()
        : new Uint8Array(await new Response(input.stream).arrayBuffer());
      damage?.(bytes);
      const [stdout, stderr, { code }] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.status,
        feed(child.stdin, bytes),
      ]);
      for (const line of stdout.split("\n")) onLine?.("stdout", line);
      return { code, stdout, stderr, truncated: false };
    } finally {
      await Deno.remove(file);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function feed(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  try {
    const writer = stdin.getWriter();
    await writer.write(bytes);
    await writer.close();
  } catch {
    // The script ended before it had read everything, as one that fails does.
  }
}

/** Why a test that runs scripts for Debian hosts on this machine cannot run; `false` if it can. */
export const needsLinux: string | false = Deno.build.os === "linux"
  ? false
  : "needs GNU coreutils and /proc, as Linux has them";

/** Why a test that mounts file systems of its own cannot run; `false` if it can. */
export const needsRoot: string | false = needsLinux ||
  (Deno.uid() === 0 ? false : "needs root, to mount file systems");

/** Who runs this test: whoever may own its files without being root. */
export function currentAccount(): { owner: string; group: string } {
  const ask = (flags: string): string =>
    new TextDecoder().decode(new Deno.Command("id", { args: [flags] }).outputSync().stdout).trim();
  return { owner: ask("-un"), group: ask("-gn") };
}
