import { checkout } from "../../ops/checkout.ts";
import type { ToolName } from "./report.ts";

/** A tool with surroundings of its own: no two share connections, state or configuration. */
export interface Tool {
  readonly name: ToolName;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the sockets of its connections are. */
  readonly controlDirectory: string;
}

/** How long an unused connection stays; what all three have, in s. */
const controlPersistSeconds = 60;

/** Ours. */
export function ourTool(directory: string): Tool {
  Deno.mkdirSync(directory, { recursive: true });
  return {
    name: "ztna-fleet",
    environment: {
      NO_COLOR: "1",
      XDG_RUNTIME_DIR: `${directory}/run`,
      XDG_STATE_HOME: `${directory}/state`,
    },
    controlDirectory: `${directory}/run/ztna-fleet`,
  };
}

/** One of our commands, as its task runs it. */
export function ourCommand(
  command: "exec" | "deploy" | "sweep",
  ...args: readonly string[]
): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${checkout}/deno.json`)) as {
    tasks: Readonly<Record<typeof command, { readonly command: string }>>;
  };
  const words = tasks[command].command.split(" ");
  return [...words.map((word) => word.endsWith(".ts") ? `${checkout}/${word}` : word), ...args];
}

/**
 * Ansible, set up as somebody does who wants it fast: pipelining, connections that stay, as many
 * forks as hosts. Its own `-C` for ssh is left out, since compressing costs more than it saves here.
 */
export function ansibleTool(
  name: "ansible" | "ansible raw",
  directory: string,
  forks: number,
): Tool {
  const controlDirectory = `${directory}/cp`;
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(
    `${directory}/ansible.cfg`,
    `[defaults]
forks = ${forks}
retry_files_enabled = false
local_tmp = ${directory}/tmp
[ssh_connection]
pipelining = true
ssh_args = -o ControlMaster=auto -o ControlPersist=${controlPersistSeconds}s
control_path_dir = ${controlDirectory}
`,
  );
  return {
    name,
    environment: {
      ANSIBLE_CONFIG: `${directory}/ansible.cfg`,
      ANSIBLE_HOME: `${directory}/home`,
      ANSIBLE_NOCOLOR: "1",
    },
    controlDirectory,
  };
}

/** `ssh` itself, once for each host, all at the same time. */
export function loopTool(directory: string): Tool {
  Deno.mkdirSync(`${directory}/cp`, { recursive: true });
  return { name: "ssh loop", environment: {}, controlDirectory: `${directory}/cp` };
}

/** What one writes into a shell to run a command on many hosts. */
export function loopCommand(
  { controlDirectory }: Tool,
  sshConfigFile: string,
  hosts: readonly string[],
  command: string,
): string[] {
  const script = `command=$1 config=$2 sockets=$3
shift 3
for host; do
  ssh -F "$config" -o BatchMode=yes -o ControlMaster=auto -o ControlPath="$sockets/%n" \\
    -o ControlPersist=${controlPersistSeconds} "$host" "$command" &
done
wait
`;
  return ["bash", "-c", script, "loop", command, sshConfigFile, controlDirectory, ...hosts];
}
