import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";

/** Most hosts of a lab: their last octets are 11 to 210, below the broadcast address. */
export const maxHosts = 200;

/** The lab that commands mean when nothing else is said. */
export const defaultLabName = "default";

/** The port of a relay that the gateway forwards to (protocol section 2). */
export const relayPort = 4433;

/** Where a lab and its hosts are. All of it follows from the lab's name and the hosts' numbers. */
export interface HostPlan {
  readonly name: string;
  /** From 1; the host's place in everything that is numbered. */
  readonly number: number;
  readonly address: string;
  readonly address6: string;
  readonly mac: string;
  /** Names of interfaces in the router's namespace; at most 15 characters. */
  readonly interfaces: {
    /** The router's end of the host's cable, there while the host is on. */
    readonly port: string;
    /** A bridge between the cable and whatever leads to the router's bridge. */
    readonly segment: string;
    /** A pair that leads from the segment to the router's bridge. */
    readonly near: string;
    readonly far: string;
  };
  /** The gateway's UDP port on loopback; 0 leaves it to the kernel. */
  readonly gatewayPort: number;
}

/** First three octets of a lab's network, such as `10.88.0`. */
export function subnetOf(labName: string): string {
  if (labName === defaultLabName) return "10.88.0";
  // Labs can't disturb each other, as their routers are in namespaces of their own; different
  // networks make it visible when somebody mixes them up.
  let hash = 0;
  for (const character of labName) hash = (hash * 31 + character.codePointAt(0)!) % 254;
  return `10.88.${hash + 1}`;
}

/** The router's address in the lab's network, through which hosts send what is not local. */
export function routerAddress(labName: string): string {
  return `${subnetOf(labName)}.1`;
}

/** The router's IPv6 address. */
export const routerAddress6 = "fd88:88::1";

/** Everything that follows from a host's name and number in a lab. */
export function planHost(labName: string, name: string, number: number): HostPlan {
  const octet = number.toString(16).padStart(2, "0");
  return {
    name,
    number,
    address: `${subnetOf(labName)}.${10 + number}`,
    address6: `fd88:88::${10 + number}`,
    mac: `52:54:00:88:00:${octet}`,
    interfaces: {
      port: `port${number}`,
      segment: `segment${number}`,
      near: `near${number}`,
      far: `far${number}`,
    },
    gatewayPort: labName === defaultLabName ? 24430 + number : 0,
  };
}

/** Names of the hosts of `lab up COUNT`: two relays, then connectors. */
export function hostNames(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => index < 2 ? `relay${index + 1}` : `connector${index - 1}`,
  );
}

/**
 * Checks the name of a lab or of a host: it becomes a part of paths, of a cgroup's name and of
 * files that `ssh` reads.
 *
 * @throws {ConfigError}
 */
export function checkName(what: "lab" | "host", name: string): void {
  if (/^[a-z][a-z0-9-]{0,30}$/.test(name)) return;
  throw new ConfigError(
    `Cannot use ${
      quote(name)
    } as the name of a ${what} as it must be 1 to 31 lower-case letters, ` +
      `digits and hyphens, and begin with a letter`,
  );
}
