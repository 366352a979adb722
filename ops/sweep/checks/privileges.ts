import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";

/** Whether a host shows us everything: others' sockets, keys and journals are root's alone. */
export const privileges: HostCheck = {
  id: "privileges",
  looksAt: "Whether the sweep's scripts run as root there, which alone sees everything",

  evaluate({ facts: { processes } }): Verdict[] {
    if (processes === undefined) return [];
    if (processes.isRoot) return [fine("", "asked as root")];
    return [{
      subject: "",
      status: "warning",
      value: "not asked as root: some checks see less than there is",
      remedy: `Log in as root, or set "ansible_become: true" in the inventory`,
    }];
  },
};
