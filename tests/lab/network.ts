import { type HostPlan, routerAddress, routerAddress6 } from "./address_plan.ts";
import type { LabPaths } from "./lab_paths.ts";
import { NetworkNamespace } from "./network_namespace.ts";
import { mustRun, runProgram } from "./program.ts";

/** The router's bridge, into which every host's cable goes. */
export const bridge = "bridge";

/** The namespace in which the hosts' addresses can be reached. */
export function routerOf(paths: LabPaths): NetworkNamespace {
  return new NetworkNamespace(paths.routerNamespace);
}

/** Makes the router with its bridge, if it is not there. */
export async function makeRouter(paths: LabPaths): Promise<void> {
  const router = routerOf(paths);
  if (router.exists && await router.hasInterface(bridge)) return;
  await router.make();
  await router.configure("make the lab's router", [
    `link add ${bridge} type bridge forward_delay 0`,
    `addr add ${routerAddress(paths.name)}/24 dev ${bridge}`,
    `addr add ${routerAddress6}/64 dev ${bridge} nodad`,
    `link set ${bridge} up`,
  ]);
  // A switch does not filter; these are there only where the module br_netfilter is loaded.
  await runProgram(router.enter(
    "sh",
    "-c",
    "for name in arptables iptables ip6tables; do " +
      "echo 0 >/proc/sys/net/bridge/bridge-nf-call-$name; done",
  ));
}

/** Makes a host's network namespace and its cable to the router, if they are not there. */
export async function connectHost(paths: LabPaths, host: HostPlan): Promise<void> {
  const namespace = new NetworkNamespace(paths.host(host.name).networkNamespace);
  if (namespace.exists && await namespace.hasInterface("eth0")) return;
  await namespace.make();
  await routerOf(paths).configure(`connect ${host.name} to the router`, [
    `link add ${host.port} type veth peer name eth0 netns ${namespace.file} address ${host.mac}`,
    `link set ${host.port} master ${bridge} up`,
  ]);
  await namespace.configure(`give ${host.name} its address`, [
    `addr add ${host.address}/24 dev eth0`,
    `addr add ${host.address6}/64 dev eth0 nodad`,
    `link set eth0 up`,
    `route add default via ${routerAddress(paths.name)}`,
  ]);
}

/** Unplugs a host's cable at the router, or plugs it in again. */
export async function plugHost(paths: LabPaths, host: HostPlan, plugged: boolean): Promise<void> {
  await routerOf(paths).configure(
    `${plugged ? "plug in" : "unplug"} ${host.name}`,
    [`link set ${host.port} ${plugged ? "up" : "down"}`],
  );
}

/** The router's ends of the cables that are plugged in. */
export async function pluggedPorts(paths: LabPaths): Promise<ReadonlySet<string>> {
  const router = routerOf(paths);
  if (!router.exists) return new Set();
  const output = await mustRun("see the lab's cables", router.enter("ip", "-json", "link", "show"));
  const links = JSON.parse(output) as { ifname: string; flags: string[] }[];
  return new Set(links.filter(({ flags }) => flags.includes("UP")).map(({ ifname }) => ifname));
}
