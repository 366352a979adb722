import { udpBufferSettings } from "../../../fleet/udp_buffers.ts";
import type { Fix, Treatment } from "../fix.ts";

/** Raises the kernel's limits of socket buffers. */
export const setUdpBuffers: Fix = {
  check: "udp-buffers",
  does:
    "Sets the kernel's buffers, now and for the next boot; sockets get them when their program " +
    "starts next",

  treat({ subject }, { host }): Treatment | undefined {
    const name = udpBufferSettings(host).find((setting) => `net.core.${setting}` === subject);
    return name && { mend: { resources: [`sysctl:${subject}`] } };
  },
};
