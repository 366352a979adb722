import { existsSync } from "node:fs";
import { labGroup } from "./lab_control_group.ts";
import type { LabPaths } from "./lab_paths.ts";
import { loopFilesBelow } from "./loop_devices.ts";

const namespaceKinds = ["net", "mnt", "pid", "uts", "ipc", "cgroup", "time"] as const;

/**
 * The namespaces that a lab's processes are in, and the machine's own processes are not:
 * `net:[4026532177]`, and so on.
 */
export function labNamespaces(paths: LabPaths): Set<string> {
  const own = namespacesOf("self");
  return new Set(groupProcesses(labGroup(paths).path).flatMap((pid) => namespacesOf(pid)))
    .difference(new Set(own));
}

/**
 * Everything that is there of a lab, one line each: files, its cgroup, mounts in any mount namespace,
 * disks, processes whose command line names it, and processes in its namespaces.
 *
 * @param namespaces What {@linkcode labNamespaces} gave while the lab ran.
 */
export function labTraces(paths: LabPaths, namespaces: ReadonlySet<string>): string[] {
  const traces: string[] = [];
  if (existsSync(paths.directory)) traces.push(`directory ${paths.directory}`);
  if (labGroup(paths).exists) traces.push(`cgroup ${labGroup(paths).path}`);
  for (const file of loopFilesBelow(paths.directory)) traces.push(`loop device of ${file}`);
  for (const { name: pid } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === Deno.pid) continue;
    const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
    if (command.includes(`${paths.directory}/`)) traces.push(`process ${pid}: ${command}`);
    if (read(`/proc/${pid}/mountinfo`).includes(`${paths.directory}/`)) {
      traces.push(`mount of process ${pid}: ${command}`);
    }
    // The kernel uses the numbers of namespaces again, for those of other labs too.
    if (isOfOtherLab(pid, paths)) continue;
    for (const namespace of namespacesOf(pid)) {
      if (namespaces.has(namespace)) traces.push(`process ${pid} in ${namespace}: ${command}`);
    }
  }
  return traces;
}

function isOfOtherLab(pid: string, paths: LabPaths): boolean {
  const group = /^0::(\/ztna-lab-[^/\n]*)/m.exec(read(`/proc/${pid}/cgroup`))?.[1];
  return group !== undefined && !labGroup(paths).path.endsWith(group);
}

function groupProcesses(group: string): string[] {
  const own = read(`${group}/cgroup.procs`).split("\n").filter(Boolean);
  const below = [...Deno.readDirSync(group)].filter(({ isDirectory }) => isDirectory);
  return [...own, ...below.flatMap(({ name }) => groupProcesses(`${group}/${name}`))];
}

function namespacesOf(pid: string): string[] {
  return namespaceKinds.flatMap((kind) => {
    try {
      return [Deno.readLinkSync(`/proc/${pid}/ns/${kind}`)];
    } catch {
      return []; // it has ended
    }
  });
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended
  }
}
