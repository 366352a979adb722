/** What a script has come to. */
export interface ScriptEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const running: Readonly<Record<string, string>> = {
  LoadState: "loaded",
  ActiveState: "active",
  SubState: "running",
  Result: "success",
  NRestarts: "0",
  Job: "0",
  InvocationID: "0123456789abcdef0123456789abcdef",
};

/**
 * Runs shell scripts that ask systemd, on machines that don't have it. `systemctl show` says what it
 * is told to, `systemctl kill` sends the signal to a process of the test, and `journalctl` prints a
 * journal. How real hosts behave is what `deploy/systemd/units_test.ts` shows.
 */
export class StandInSystemd implements Disposable {
  readonly #directory = Deno.makeTempDirSync({ prefix: "systemd" });

  /** A unit that runs, whatever its name. */
  constructor() {
    this.#install(
      "systemctl",
      `case $1 in
  show) cat "\${0%/*}/properties" ;;
  kill) kill "-\${2#--signal=SIG}" "$(cat "\${0%/*}/pid")" ;;
esac`,
    );
    this.#install("journalctl", `cat "\${0%/*}/journal"`);
    this.properties = {};
    this.journal = "";
  }

  /** Properties of every unit that differ from those of one that runs. */
  set properties(change: Readonly<Record<string, string>>) {
    const lines = Object.entries({ ...running, ...change }).map((pair) => `${pair.join("=")}\n`);
    // In one step: a script may be reading.
    Deno.writeTextFileSync(`${this.#directory}/new`, lines.join(""));
    Deno.renameSync(`${this.#directory}/new`, `${this.#directory}/properties`);
  }

  /** What the journal says. */
  set journal(text: string) {
    Deno.writeTextFileSync(`${this.#directory}/journal`, text);
  }

  /** The process that gets the signals. */
  set pid(pid: number) {
    Deno.writeTextFileSync(`${this.#directory}/pid`, String(pid));
  }

  /**
   * Runs a script with `sh`.
   *
   * @param onLine Called with each line of standard error as it comes.
   */
  async run(script: string, onLine: (line: string) => void = () => {}): Promise<ScriptEnd> {
    const child = new Deno.Command("sh", {
      args: ["-c", script],
      cwd: this.#directory,
      env: { PATH: `${this.#directory}:${Deno.env.get("PATH")}` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stdout = new Response(child.stdout).text();
    let stderr = "";
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      const before = stderr.lastIndexOf("\n") + 1;
      stderr += chunk;
      for (const line of stderr.slice(before).split("\n").slice(0, -1)) onLine(line);
    }
    const { code } = await child.status;
    return { code, stdout: await stdout, stderr };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#directory, { recursive: true });
  }

  #install(name: string, script: string): void {
    Deno.writeTextFileSync(`${this.#directory}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
}
