import { RunningCommand } from "../fleet/running_command.ts";

const script = new URL("../../ops/sweep.ts", import.meta.url).pathname;

/** What {@linkcode SweepingMachine.sweep} found. */
export interface SweepEnd {
  readonly code: number;
  readonly stderr: string;
  /** The findings of `--json`. */
  readonly checks: readonly Readonly<Record<string, unknown>>[];
}

/**
 * This machine as the only relay of a fleet, without anything of the fleet on it: enough to sweep,
 * and to be told of. Disposing of it removes all that its sweeps have left.
 */
export class SweepingMachine implements Disposable {
  readonly #directory = Deno.makeTempDirSync({ prefix: "ztna-sweeping-" });

  constructor() {
    this.setVariables("");
    this.setSendmail(75);
  }

  /** What the inventory says of the host besides, in YAML. */
  setVariables(yaml: string): void {
    Deno.writeTextFileSync(
      this.#path("inventory.yaml"),
      `relays:\n  hosts:\n    relay1:\n      ansible_connection: local\n` +
        `      ztna_fleet: swept\n${yaml}`,
    );
  }

  /** Makes the disk's use a warning, or not. */
  setDiskWarning(isWarning: boolean, more = ""): void {
    const threshold = isWarning ? 0 : 101;
    this.setVariables(
      `      ztna_sweep_disk_space: {warning: ${threshold}, critical: 102}\n${more}`,
    );
  }

  /** Has the mail server take mail (0), or refuse it with an exit code. */
  setSendmail(code: number): void {
    Deno.writeTextFileSync(
      this.#path("sendmail"),
      code === 0
        ? `#!/bin/sh\nset -e\ncd "\${0%/*}"\necho "$*" >> arguments\ncat > "new.$$"\n` +
          'mv "new.$$" "mail.$$"\n'
        : `#!/bin/sh\ncat > /dev/null\necho 'the queue is full' >&2\nexit ${code}\n`,
      { mode: 0o755 },
    );
  }

  /** The mails that were taken so far, in any order. */
  get mails(): string[] {
    return [...Deno.readDirSync(this.#directory)].filter(({ name }) => name.startsWith("mail."))
      .map(({ name }) => Deno.readTextFileSync(this.#path(name)));
  }

  /** Runs a sweep to its end. */
  async sweep(...args: readonly string[]): Promise<SweepEnd> {
    await using command = new RunningCommand({
      script,
      args: ["-i", this.#path("inventory.yaml"), "--no-probe", "--json", "--quiet", ...args],
      environment: {
        XDG_STATE_HOME: this.#path("state"),
        ZTNA_SENDMAIL: this.#path("sendmail"),
        ZTNA_WEBHOOK_SECRET: webhookSecret,
      },
    });
    const { code, stdout, stderr } = await command.ended();
    const { checks = [] } = stdout === ""
      ? {}
      : JSON.parse(stdout) as { checks?: SweepEnd["checks"] };
    return { code, stderr, checks };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#directory, { recursive: true });
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }
}

/** What the machine signs its messages with. */
export const webhookSecret = "a secret of these tests";
