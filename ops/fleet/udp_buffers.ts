import type { FleetHost } from "./fleet.ts";

/**
 * The settings of the kernel that let programs have socket buffers of the wanted size. QUIC works on
 * one socket: the kernel's usual 208 KiB hold about 90 packets, a stall of some ms. A relay's socket
 * gets what is the default; the others ask for theirs.
 */
export function udpBufferSettings(
  { relay }: Pick<FleetHost, "relay">,
): ("rmem_max" | "wmem_max" | "rmem_default")[] {
  return ["rmem_max", "wmem_max", ...relay === undefined ? [] : ["rmem_default" as const]];
}
