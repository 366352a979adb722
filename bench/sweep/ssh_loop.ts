import type { Command } from "../ops/timed_command.ts";

/** How `ssh` itself is run, once for each host. */
export interface SshLoopOptions {
  readonly sshConfigFile: string;
  readonly hosts: readonly string[];
  /** Most at a time. */
  readonly forks: number;
  /** A file with a script for the hosts' shell; nothing by default. */
  readonly script?: string;
  /** That shell; `sh` by default. */
  readonly shell?: string;
  /** Holds the sockets of masters; by default, there are none. */
  readonly controlDirectory?: string;
}

/** How long an unused connection stays, in s: as long as those of the other tools. */
const controlPersistSeconds = 60;

/** What one writes into a shell to ask many hosts. */
export function sshLoop(options: SshLoopOptions): Command {
  const { sshConfigFile, hosts, forks, script = "/dev/null", shell = "sh", controlDirectory } =
    options;
  const master = controlDirectory === undefined ? ["-o", "ControlPath=none"] : [
    ...["-o", "ControlMaster=auto", "-o", `ControlPath=${controlDirectory}/%n`],
    ...["-o", `ControlPersist=${controlPersistSeconds}`],
  ];
  const ssh = ["ssh", "-F", sshConfigFile, "-o", "BatchMode=yes", ...master];
  // One process for each host: the shell becomes ssh.
  const each =
    'host=$1 script=$2; shift 2; exec "$@" "$host" "$SHELL_THERE" < "$script" > /dev/null';
  const loop = `forks=$1 each=$2 script=$3 hosts=$4; shift 4
printf '%s\\n' $hosts | xargs -P "$forks" -I{} sh -c "$each" ssh {} "$script" "$@"`;
  return {
    argv: ["sh", "-c", loop, "loop", String(forks), each, script, hosts.join(" "), ...ssh],
    environment: { SHELL_THERE: shell },
  };
}
