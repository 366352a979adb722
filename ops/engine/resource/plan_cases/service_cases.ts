import type { UnitFact } from "../facts.ts";
import type { FileResource, ServiceResource } from "../resource.ts";
import { type CaseFacts, file, type PlanCase, running, service } from "./plan_case.ts";

const stopped: ServiceResource = { ...service, enabled: false, active: false };
const unit = (change: Partial<UnitFact>): CaseFacts => ({
  units: { "ztna-relay@a.service": { ...running, ...change } },
});
const unitFile: FileResource = {
  ...file,
  id: "unit file",
  path: "/etc/systemd/system/ztna-relay@.service",
  group: "root",
  mode: 0o644,
};

/** Services. */
export const serviceCases: readonly PlanCase[] = [
  {
    title: "leaves a service alone that is enabled and runs",
    resources: [service],
    facts: unit({}),
  },
  {
    title: "enables and starts a service that systemd has never heard of",
    resources: [service],
    facts: unit({ loadState: "not-found", activeState: "inactive", fileState: "" }),
    changes: ["enable and start ztna-relay@a.service: active inactive -> active"],
  },
  {
    title: "starts a service that has failed",
    resources: [service],
    facts: unit({ activeState: "failed" }),
    changes: ["start ztna-relay@a.service: active failed -> active"],
  },
  {
    title: "waits for a service that is about to start",
    resources: [service],
    facts: unit({ activeState: "activating" }),
    changes: ["start ztna-relay@a.service: active activating -> active"],
  },
  {
    title: "leaves a service alone that reloads",
    resources: [service],
    facts: unit({ activeState: "reloading" }),
  },
  {
    title: "enables a service beyond the next boot",
    resources: [service],
    facts: unit({ fileState: "enabled-runtime" }),
    changes: ["enable ztna-relay@a.service: enabled enabled-runtime -> enabled"],
  },
  {
    title: "does not enable what has nothing to enable",
    resources: [service],
    facts: unit({ fileState: "static" }),
  },
  {
    title: "enables what had nothing to enable before its unit was written anew",
    resources: [unitFile, service],
    facts: { ...unit({ fileState: "static" }), parents: ["/etc/systemd/system"] },
    changes: [
      "create /etc/systemd/system/ztna-relay@.service (mode 0644, root:root)",
      "enable ztna-relay@a.service: enabled static -> enabled",
    ],
  },
  {
    title: "does not enable what has nothing to enable because another unit has changed",
    resources: [{ ...unitFile, path: "/etc/systemd/system/other@.service" }, service],
    facts: { ...unit({ fileState: "static" }), parents: ["/etc/systemd/system"] },
    changes: ["create /etc/systemd/system/other@.service (mode 0644, root:root)"],
  },
  {
    title: "stops and disables a service",
    resources: [stopped],
    facts: unit({}),
    changes: [
      "disable and stop ztna-relay@a.service: enabled enabled -> disabled, active active -> inactive",
    ],
  },
  {
    title: "leaves a service alone that is disabled and has failed",
    resources: [stopped],
    facts: unit({ activeState: "failed", fileState: "disabled" }),
  },
  {
    title: "leaves a service alone that must not run and does not exist",
    resources: [stopped],
    facts: unit({ loadState: "not-found", activeState: "inactive", fileState: "" }),
  },
  {
    title: "leaves a masked service alone that must not run",
    resources: [stopped],
    facts: unit({ loadState: "masked", activeState: "inactive", fileState: "masked" }),
  },
  {
    title: "never unmasks a service",
    resources: [service],
    facts: unit({ loadState: "masked", activeState: "inactive", fileState: "masked" }),
    conflicts: ["systemctl unmask ztna-relay@a.service"],
  },
  {
    title: "reloads a unit that a run which was cut off has changed",
    resources: [service],
    facts: unit({ needsReload: true }),
    changes: ["reload ztna-relay@a.service: unit file changed -> loaded"],
  },
  {
    title: "writes a unit and then starts it",
    resources: [unitFile, service],
    facts: {
      ...unit({ loadState: "not-found", activeState: "inactive", fileState: "" }),
      parents: ["/etc/systemd/system"],
    },
    changes: [
      "create /etc/systemd/system/ztna-relay@.service (mode 0644, root:root)",
      "enable and start ztna-relay@a.service: active inactive -> active",
    ],
  },
];
