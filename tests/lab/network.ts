import { type HostPlan, routerAddress, routerAddress6 } from "./address_plan.ts";
import type { LabPaths } from "./lab_paths.ts";
import { NetworkNamespace } from "./network_namespace.ts";
import { runProgram } from "./program.ts";

/**
 * The router's bridge. Behind it, each host has a segment of its own:
 *
 *     eth0 (host) = port - segment - near = far - bridge
 *
 * `port` comes and goes with the host's power; the segment is down while the host is cut off; and a
 * wire takes the place of `near` and `far` while the link has a shape. So none of the three has to
 * know of the others.
 */
export const bridge = "bridge";

/** The namespace in which the hosts' addresses can be reached. */
export function routerOf(paths: LabPaths): NetworkNamespace {
  return new NetworkNamespace(paths.routerNamespace);
}

/**
 * Makes the router with its bridge and, for each host, a segment and a pair that leads nowhere yet.
 * Completes what is half made; what is there stays as it is, cut or shaped.
 */
export async function makeRouter(paths: LabPaths, hosts: readonly HostPlan[]): Promise<void> {
  const router = routerOf(paths);
  await router.make();
  const there = new Set((await router.interfaces()).map(({ ifname }) => ifname));
  const lines = [
    ...(there.has(bridge) ? [] : [`link add ${bridge} type bridge forward_delay 0`]),
    `link set lo up`,
    `link set ${bridge} up`,
    `addr replace ${routerAddress(paths.name)}/24 dev ${bridge}`,
    `addr replace ${routerAddress6}/64 dev ${bridge} nodad`,
  ];
  for (const { interfaces: { segment, near, far } } of hosts) {
    if (there.has(segment)) continue;
    // The segment comes last, and so stands for all of it; what it leads to is the link's affair.
    lines.push(
      ...(there.has(near) ? [] : [`link add ${near} type veth peer name ${far}`]),
      `link set ${far} up`,
      `link set ${near} up`,
      `link add ${segment} up type bridge forward_delay 0`,
    );
  }
  await router.configure("make the lab's router", lines);
  // A switch does not filter; these are there only where the module br_netfilter is loaded.
  await runProgram(router.enter(
    "sh",
    "-c",
    "for name in arptables iptables ip6tables; do " +
      "echo 0 >/proc/sys/net/bridge/bridge-nf-call-$name; done",
  ));
}

/** Writes what `power.sh` needs to connect a host at each of its boots. */
export async function writeCablePlan(paths: LabPaths, host: HostPlan): Promise<void> {
  const files = paths.host(host.name);
  const { port, segment } = host.interfaces;
  await Deno.writeTextFile(
    files.cableLines,
    `link add ${port} type veth peer name eth0 address ${host.mac} netns ${files.networkNamespace}
link set ${port} master ${segment} up
`,
  );
  await Deno.writeTextFile(
    files.addressLines,
    `link set lo up
addr add ${host.address}/24 dev eth0
addr add ${host.address6}/64 dev eth0 nodad
link set eth0 up
route add default via ${routerAddress(paths.name)}
`,
  );
}

/** Takes a host's cable and network away, as they go with its power. */
export async function disconnectHost(paths: LabPaths, host: HostPlan): Promise<void> {
  const router = routerOf(paths);
  if (router.exists) {
    await runProgram(router.enter("ip", "link", "del", host.interfaces.port)); // if it is there
  }
  await new NetworkNamespace(paths.host(host.name).networkNamespace).remove();
}

/** Cuts a host off, or connects it again. */
export async function plugHost(paths: LabPaths, host: HostPlan, plugged: boolean): Promise<void> {
  await routerOf(paths).configure(
    `${plugged ? "plug in" : "unplug"} ${host.name}`,
    [`link set ${host.interfaces.segment} ${plugged ? "up" : "down"}`],
  );
}

/** Names of the router's interfaces that are up. */
export async function interfacesUp(paths: LabPaths): Promise<ReadonlySet<string>> {
  const router = routerOf(paths);
  const interfaces = router.exists ? await router.interfaces() : [];
  return new Set(
    interfaces.filter(({ flags }) => flags.includes("UP")).map(({ ifname }) => ifname),
  );
}
