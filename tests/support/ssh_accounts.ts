import { shellCommand } from "../../ops/engine/connection/quote.ts";

/** A user who exists for one SSH server only. */
export interface SshAccount {
  readonly name: string;
  /** Login shell; `/bin/sh` by default. */
  readonly shell?: string;
  /** What sudo allows, as in a line of sudoers: `ALL=(ALL) NOPASSWD: ALL`. Nothing by default. */
  readonly sudo?: string;
}

/** The password of all accounts. */
export const accountPassword = "lab-password";
/** Of the above, as `openssl passwd -6` gives it. */
const passwordHash = "$6$ztnalabsalt$VBuyJaPgCeOMQX.57eXnLpqG0LurtuaDvTvWoch2LggeB" +
  ".6Yjh2xSP5gKoj8nib9gdp4GOCffwlFsFmbUzXcD.";
/** Above those of real users, below those of systemd's. */
const firstUid = 60_500;
const nogroup = 65_534;

/**
 * Writes files that make `accounts` known, and gives the command that shows them to a program and
 * what it starts, in a mount namespace of their own. The machine's files stay as they are.
 *
 * @param sudoersDefaults Lines of sudoers for all: `Defaults use_pty`.
 */
export function commandWithAccounts(
  directory: string,
  accounts: readonly SshAccount[],
  sudoersDefaults: readonly string[],
  command: readonly string[],
): string[] {
  const users = accounts.map(({ name, shell = "/bin/sh" }, index) =>
    `${name}:x:${firstUid + index}:${nogroup}::/:${shell}`
  );
  const passwords = accounts.map(({ name }) => `${name}:${passwordHash}:20000:0:99999:7:::`);
  const rights = accounts.flatMap(({ name, sudo }) =>
    sudo === undefined ? [] : [`${name} ${sudo}`]
  );
  const files = {
    passwd: [Deno.readTextFileSync("/etc/passwd").trimEnd(), ...users],
    shadow: [Deno.readTextFileSync("/etc/shadow").trimEnd(), ...passwords],
    sudoers: [...sudoersDefaults, ...rights],
  };
  const steps: string[] = [];
  for (const [name, lines] of Object.entries(files)) {
    const mode = name === "passwd" ? 0o644 : 0o440;
    Deno.writeTextFileSync(`${directory}/${name}`, `${lines.join("\n")}\n`, { mode });
    Deno.chmodSync(`${directory}/${name}`, mode);
    steps.push(shellCommand(["mount", "--bind", `${directory}/${name}`, `/etc/${name}`]));
  }
  steps.push(`exec ${shellCommand(command)}`);
  return ["unshare", "--mount", "sh", "-c", steps.join(" && ")];
}
