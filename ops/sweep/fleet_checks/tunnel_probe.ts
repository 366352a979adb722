import { type FleetHost, fleetHost } from "../../fleet/fleet.ts";
import type { FleetCheck, FleetVerdict, FleetView } from "../check.ts";
import { allowForWork } from "../checks/at_work.ts";
import { errorParts } from "../error_parts.ts";
import { judge } from "../judge.ts";
import type { ServiceProbe } from "../tunnels/tunnel_look.ts";
import { serviceCause, serviceWorker } from "./service_cause.ts";

/** Whether packets through the tunnel come back, from this machine to every service. */
export const tunnelProbe: FleetCheck = {
  id: "tunnel-probe",
  looksAt: "Whether packets from this machine to each service come back through the tunnel",
  threshold: "tunnelLoss",

  evaluate(view): FleetVerdict[] {
    const { tunnels } = view;
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
    return [
      ...probes.map((probe) =>
        allowForWork(
          serviceWorker(view, probe.relay, probe.serviceId),
          lossVerdict(view, probe),
        )
      ),
      ...others,
    ];
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

function lossVerdict(view: FleetView, probe: ServiceProbe): FleetVerdict {
  const { serviceId, sent, lost, error } = probe;
  const relay = fleetHost(view.fleet, probe.relay);
  const about = { host: relay.name, subject: `service ${serviceId}` };
  const cause = serviceCause(view, relay.name, serviceId);
  const remedy = cause === undefined
    ? `Measure it for longer: ${probeCommand(relay, serviceId)}`
    : `Mend first: ${cause}`;
  if (sent === 0) {
    const value = errorParts(error ?? "no packet could be sent").value;
    return { ...about, status: "critical", value, remedy };
  }
  const ratio = lost / sent;
  const measure = { value: ratio, unit: "ratio" } as const;
  const status = judge(100 * ratio, relay.sweep.thresholds.tunnelLoss);
  return {
    ...about,
    status,
    value: lost === 0 ? `all of ${sent} packets came back` : `${lost} of ${sent} packets lost`,
    remedy: status === "ok" ? "" : remedy,
    measure,
  };
}

function probeCommand({ name }: FleetHost, serviceId: string): string {
  return `deno task probe -i … --relay ${name} --service ${serviceId} --count 1000`;
}
