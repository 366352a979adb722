import type { HostPlan } from "./address_plan.ts";
import { readGatewayNote } from "./gateway_control.ts";
import { gatewayGroup, hostGroups } from "./lab_control_group.ts";
import { LabHost } from "./lab_host.ts";
import type { LabPaths } from "./lab_paths.ts";
import { readHosts } from "./lab_record.ts";
import { linkShape } from "./link.ts";
import { type LinkShape, shapeText } from "./link_shape.ts";
import { interfacesUp } from "./network.ts";

/** What is to know of a host at a glance. */
export interface HostStatus {
  readonly name: string;
  readonly address: string;
  /** `off`, `booting`, `frozen`, or what systemd says of itself: `running`, `degraded`, … */
  readonly state: string;
  /** `up` or `cut`, and its shape if it has one; `broken…` when nothing carries it. */
  readonly link: string;
  /** UDP address on this machine that leads to port 4433 of the host; `null` without a gateway. */
  readonly gateway: string | null;
}

/** The state of all hosts of a lab. */
export async function labStatus(paths: LabPaths): Promise<HostStatus[]> {
  const hosts = readHosts(paths);
  if (hosts.length === 0) return [];
  const up = await interfacesUp(paths);
  const ports = gatewayGroup(paths).isPopulated ? readGatewayNote(paths) ?? {} : {};
  return await Promise.all(hosts.map(async (plan): Promise<HostStatus> => ({
    name: plan.name,
    address: plan.address,
    state: await hostState(paths, plan),
    link: linkText(
      up.has(plan.interfaces.segment),
      linkShape(paths, plan),
      hostGroups(paths, plan.name).wire.isPopulated,
    ),
    gateway: ports[plan.name] === undefined ? null : `127.0.0.1:${ports[plan.name]}`,
  })));
}

/** A table for people. */
export function statusText(paths: LabPaths, status: readonly HostStatus[]): string {
  if (status.length === 0) {
    return `Lab "${paths.name}" has no hosts: "deno task lab up" makes some`;
  }
  return status.map(({ name, address, state, link, gateway }) =>
    [name.padEnd(14), address.padEnd(14), state.padEnd(10), (gateway ?? "-").padEnd(16), link].join(
      " ",
    )
  ).join("\n");
}

function linkText(isPlugged: boolean, shape: LinkShape | undefined, hasWire: boolean): string {
  const state = isPlugged ? "up" : "cut";
  if (shape === undefined) return state;
  return hasWire ? `${state} ${shapeText(shape)}` : "broken, as its wire was killed";
}

async function hostState(paths: LabPaths, plan: HostPlan): Promise<string> {
  const host = new LabHost(paths, plan);
  if (!host.power.isOn) return "off";
  if (host.power.isFrozen) return "frozen";
  if (host.power.init === undefined) return "booting";
  const { stdout } = await host.exec("systemctl is-system-running");
  return stdout.trim() || "booting";
}
