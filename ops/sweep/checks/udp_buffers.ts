import { udpBufferSettings } from "../../fleet/udp_buffers.ts";
import { formatBytes } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { forHost } from "./host_commands.ts";

/** Whether sockets can have the buffers that the inventory wants: bursts go lost without. */
export const udpBuffers: HostCheck = {
  id: "udp-buffers",
  looksAt: "Whether the kernel lets sockets have the buffers of ztna_udp_buffer_bytes",

  evaluate({ host, facts: { kernel } }): Verdict[] {
    return udpBufferSettings(host).flatMap((name): Verdict[] => {
      const bytes = kernel?.socketBuffers[name];
      // In a network namespace of its own, as containers have one, there may be no such setting.
      if (bytes === undefined) return [];
      const subject = `net.core.${name}`;
      const measure = { value: bytes, unit: "bytes" } as const;
      if (bytes >= host.udpBufferBytes) return [fine(subject, formatBytes(bytes), measure)];
      return [{
        subject,
        status: "warning",
        value: `${formatBytes(bytes)}, wanted are ${formatBytes(host.udpBufferBytes)}`,
        remedy:
          `Set it: ${forHost(host, "deploy")} --tags kernel; in a container, on the machine ` +
          `that runs it: sysctl -w ${subject}=${host.udpBufferBytes}`,
        measure,
      }];
    });
  },
};
