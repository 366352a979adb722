/** Where a small disk is in its namespace: a directory that nothing of ours is in. */
export const smallDiskMount = "/mnt";

/**
 * A file system of a few bytes in a mount namespace of its own, so that no other process sees it
 * and it is gone with the process that holds it, whatever happens.
 */
export class SmallDisk implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;

  private constructor(holder: Deno.ChildProcess) {
    this.#holder = holder;
  }

  /** Where it can be reached from outside of its namespace. */
  get path(): string {
    return `/proc/${this.#holder.pid}/root${smallDiskMount}`;
  }

  /**
   * Makes one.
   *
   * @param options As for `mount`: `size=1m`.
   * @throws {Error} where mounting is not permitted: see {@linkcode canMount}.
   */
  static async make(options: string): Promise<SmallDisk> {
    const holder = new Deno.Command("unshare", {
      args: [
        "--mount",
        "sh",
        "-euc",
        'mount -t tmpfs -o "$1" none "$2"; echo made; read -r end',
        "sh",
        options,
        smallDiskMount,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const disk = new SmallDisk(holder);
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    await reader.cancel();
    if (!done) return disk;
    await disk[Symbol.asyncDispose]();
    throw new Error(`Cannot mount a file system with the options "${options}"`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.stdin.close().catch(() => {});
    await this.#holder.status;
  }
}

/** Whether this process may make mount and network namespaces of its own. */
export function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  const { success } = new Deno.Command("unshare", {
    args: ["--mount", "--net", "mount", "-t", "tmpfs", "none", smallDiskMount],
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return success;
}
