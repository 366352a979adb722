import { unitOf } from "../../fleet/fleet.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { allowForWork, workerOn } from "./at_work.ts";
import { onHost } from "./host_commands.ts";

/** Whether a connector has registered all its services. */
export const uplinks: HostCheck = {
  id: "uplinks",
  looksAt: "Whether the connector has registered each of its services with its relay",

  evaluate(view): Verdict[] {
    const { host, facts } = view;
    const health = facts.programs?.connector;
    // Without an account of its own there is nothing to look at: other checks say why.
    if (host.connector === undefined || !health?.active || health.instance === null) return [];
    const { relay, services } = host.connector;
    const states = new Map(health.services.map(({ id, state }) => [id, state ?? "unknown"]));
    const unitName = unitOf("connector");
    return services.map(({ id }): Verdict => {
      const subject = `service ${id}`;
      const state = states.get(id);
      if (state === "registered") return fine(subject, `registered with ${relay}`);
      if (state === undefined) {
        return {
          subject,
          status: "critical",
          value: "unknown to the connector that runs: it has an older configuration",
          remedy: `Restart it: ${onHost(host, "systemctl", "restart", unitName)}`,
        };
      }
      return {
        subject,
        status: "critical",
        value: `not registered with ${relay}: ${state}`,
        remedy: `See why: ${onHost(host, "journalctl", "-n", "50", "-u", unitName)}`,
      };
    }).map((verdict) => allowForWork(workerOn(view), verdict));
  },
};
