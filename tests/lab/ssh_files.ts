import { existsSync } from "node:fs";
import { writeFileAtomically } from "../../ops/atomic_file.ts";
import type { HostPlan } from "./address_plan.ts";
import type { LabPaths } from "./lab_paths.ts";
import { mustRun } from "./program.ts";
import { removeIfThere } from "./remove_if_there.ts";

/**
 * Makes the key pair that the lab's accounts accept, if it is not there.
 *
 * @returns the line of `authorized_keys`.
 */
export async function makeKey(paths: LabPaths): Promise<string> {
  if (!existsSync(`${paths.key}.pub`)) {
    await removeIfThere(paths.key); // half of a pair is of no use
    await mustRun("make the lab's key", [
      "ssh-keygen",
      ...["-q", "-t", "ed25519", "-N", "", "-C", `lab ${paths.name}`, "-f", paths.key],
    ]);
  }
  return await Deno.readTextFile(`${paths.key}.pub`);
}

/** Writes the client configuration and the hosts' keys, so that `ssh -F ssh_config HOST` works. */
export function writeSshFiles(paths: LabPaths, hosts: readonly HostPlan[]): void {
  writeFileAtomically(paths.sshConfig, sshConfig(paths, hosts));
  writeFileAtomically(paths.knownHosts, knownHosts(paths, hosts));
}

function sshConfig(paths: LabPaths, hosts: readonly HostPlan[]): string {
  const aliases = hosts.map(({ name, address }) =>
    `Host ${name} ${address}\n  HostName ${address}\n  HostKeyAlias ${name}\n`
  );
  // `nc -F` connects inside the router's namespace, hands the socket to ssh and ends: no process
  // and no copying is left between ssh and the host. ssh's own timeout begins after that.
  return `# Written by deno task lab; lab "${paths.name}"
${aliases.join("")}Host *
  User root
  IdentityFile ${paths.key}
  IdentitiesOnly yes
  UserKnownHostsFile ${paths.knownHosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  ConnectTimeout 10
  ProxyCommand nsenter --net=${paths.routerNamespace} -- nc.openbsd -w 5 -F %h %p
  ProxyUseFdpass yes
`;
}

function knownHosts(paths: LabPaths, hosts: readonly HostPlan[]): string {
  return hosts.map(({ name, address }) => {
    const key = Deno.readTextFileSync(`${paths.host(name).hostKey}.pub`);
    return `${name},${address} ${key.split(" ").slice(0, 2).join(" ")}\n`;
  }).join("");
}
