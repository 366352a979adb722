import { type FleetHost, fleetHost } from "../../fleet/fleet.ts";
import type { FleetCheck, FleetVerdict } from "../check.ts";
import { forHost } from "../checks/host_commands.ts";
import { judge } from "../judge.ts";
import type { ServiceProbe } from "../tunnels/tunnel_look.ts";

/** Whether packets through the tunnel come back, from this machine to every service. */
export const tunnelProbe: FleetCheck = {
  id: "tunnel-probe",
  looksAt: "Whether packets from this machine to each service come back through the tunnel",
  threshold: "tunnelLoss",

  evaluate({ fleet, tunnels }): FleetVerdict[] {
    if (tunnels === undefined || tunnels.unavailable !== undefined) return [];
    const { probes, omitted, ranOutOfTime } = tunnels;
    const others: FleetVerdict[] = omitted === 0 ? [] : [{
      host: null,
      subject: "",
      status: ranOutOfTime ? "warning" : "ok",
      value: `${omitted} services were not probed` +
        (ranOutOfTime ? " for want of time" : " this time: it is others at each sweep"),
      remedy: ranOutOfTime ? "Give the sweep more time: --timeout" : "",
    }];
    return [...probes.map((probe) => lossVerdict(fleetHost(fleet, probe.relay), probe)), ...others];
  },
};

/** How fast packets through the tunnel come back. */
export const tunnelRoundTrip: FleetCheck = {
  id: "tunnel-round-trip",
  looksAt: "How long packets from this machine to each service and back take (p99)",
  threshold: "tunnelRoundTrip",

  evaluate({ fleet, tunnels }): FleetVerdict[] {
    return (tunnels?.probes ?? []).flatMap(({ relay, serviceId, p99Seconds }) => {
      if (p99Seconds === null) return [];
      const host = fleetHost(fleet, relay);
      const status = judge(p99Seconds * 1000, host.sweep.thresholds.tunnelRoundTrip);
      return [{
        host: relay,
        subject: `service ${serviceId}`,
        status,
        value: `${(p99Seconds * 1000).toFixed(1)} ms`,
        remedy: status === "ok" ? "" : `Measure it for longer: ${probeCommand(host, serviceId)}`,
        measure: { value: p99Seconds, unit: "seconds" },
      }];
    });
  },
};

function lossVerdict(relay: FleetHost, probe: ServiceProbe): FleetVerdict {
  const { serviceId, sent, lost, error } = probe;
  const about = { host: relay.name, subject: `service ${serviceId}` };
  const again = probeCommand(relay, serviceId);
  if (sent === 0) {
    return {
      ...about,
      status: "critical",
      value: error ?? "no packet could be sent",
      remedy: `See how the relay is: ${forHost(relay, "status")}; then try again: ${again}`,
    };
  }
  const ratio = lost / sent;
  const measure = { value: ratio, unit: "ratio" } as const;
  const status = judge(100 * ratio, relay.sweep.thresholds.tunnelLoss);
  return {
    ...about,
    status,
    value: lost === 0 ? `all of ${sent} packets came back` : `${lost} of ${sent} packets lost`,
    remedy: status === "ok" ? "" : `Measure it for longer: ${again}`,
    measure,
  };
}

function probeCommand({ name }: FleetHost, serviceId: string): string {
  return `deno task probe -i … --relay ${name} --service ${serviceId} --count 1000`;
}
