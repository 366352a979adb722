import type { SysctlResource } from "../resource.ts";
import { type CaseFacts, type PlanCase } from "./plan_case.ts";

const sysctl: SysctlResource = {
  kind: "sysctl",
  id: "sysctl",
  name: "net.core.rmem_max",
  value: 4096,
};
const settable = (value?: number, persisted?: number): CaseFacts => ({
  sysctls: { "net.core.rmem_max": { access: "settable", value, persisted } },
});

/** Kernel settings. */
export const sysctlCases: readonly PlanCase[] = [
  {
    title: "leaves a setting alone that is as it must be, now and after a boot",
    resources: [sysctl],
    facts: settable(4096, 4096),
  },
  {
    title: "sets a setting, now and for the next boot",
    resources: [sysctl],
    facts: settable(2048),
    changes: ["set net.core.rmem_max to 4096: value 2048 -> 4096"],
  },
  {
    title: "keeps for the next boot what is right now",
    resources: [sysctl],
    facts: settable(4096, 2048),
    changes: ["set net.core.rmem_max to 4096: value after a boot 2048 -> 4096"],
  },
  {
    title: "lowers a setting that must be exact",
    resources: [sysctl],
    facts: settable(8192, 8192),
    changes: [
      "set net.core.rmem_max to 4096: value after a boot 8192 -> 4096, value 8192 -> 4096",
    ],
  },
  {
    title: "leaves what is higher than a minimum",
    resources: [{ ...sysctl, atLeast: true }],
    facts: settable(8192, 4096),
  },
  {
    title: "keeps what is higher than a minimum over the next boot",
    resources: [{ ...sysctl, atLeast: true }],
    facts: settable(8192, 1024),
    changes: [
      "set net.core.rmem_max to at least 4096: value after a boot 1024 -> 8192",
    ],
  },
  {
    title: "leaves a setting to its container's machine that is right",
    resources: [sysctl],
    facts: {
      sysctls: { "net.core.rmem_max": { access: "read_only", value: 4096, persisted: undefined } },
    },
  },
  {
    title: "refuses a setting that is read-only",
    resources: [sysctl],
    facts: {
      sysctls: { "net.core.rmem_max": { access: "read_only", value: 1, persisted: undefined } },
    },
    conflicts: ["current value is 1, and it is read-only there. In a container, set it on"],
  },
  {
    title: "refuses a setting that the kernel does not offer",
    resources: [sysctl],
    conflicts: ["the kernel does not offer it there"],
  },
  {
    title: "warns of an optional setting that is read-only",
    resources: [{ ...sysctl, optional: true }],
    facts: {
      sysctls: { "net.core.rmem_max": { access: "read_only", value: 1, persisted: undefined } },
    },
    warnings: ["Cannot set net.core.rmem_max to 4096"],
  },
  {
    title: "warns of an optional setting that the kernel does not offer",
    resources: [{ ...sysctl, optional: true }],
    warnings: ["sysctl -w net.core.rmem_max=4096"],
  },
];
