import type { FleetCheck, FleetVerdict } from "../check.ts";
import { errorParts } from "../error_parts.ts";

/** Whether this machine has what it takes to look at a fleet from outside. */
export const credentials: FleetCheck = {
  id: "own-credentials",
  looksAt: "Whether this machine has the fleet's certificates, to compare with and to connect with",

  evaluate({ fleet, tunnels, hasCredentials }): FleetVerdict[] {
    const about = { host: null, subject: "" };
    if (tunnels?.unavailable !== undefined) {
      const { value, remedy } = errorParts(tunnels.unavailable);
      return [{
        ...about,
        status: "warning",
        value: `tunnels can't be probed: ${value}`,
        remedy: `${
          remedy ||
          `Sweep from the machine that deploys, or bring its fleets/${fleet.name}/tls here`
        }; or leave them out: --no-probe`,
      }];
    }
    return [{
      ...about,
      status: "ok",
      value: hasCredentials
        ? "this machine has the fleet's certificates"
        : "certificates are not compared with those that were given out: they are not here",
      remedy: "",
    }];
  },
};
