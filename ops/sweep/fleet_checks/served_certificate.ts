import { type FleetHost, fleetHost, unitOf } from "../../fleet/fleet.ts";
import { authorityFile } from "../../fleet/program_files.ts";
import type { FleetCheck, FleetVerdict, FleetView, HostView } from "../check.ts";
import { ageVerdict, certificateFault } from "../checks/certificate.ts";
import { forHost, onHost } from "../checks/host_commands.ts";
import { errorParts } from "../error_parts.ts";
import { type TlsPair, tlsPairsOf } from "../facts/tls.ts";
import {
  type HostCertificate,
  isSameDer,
  readCertificates,
  readHostCertificate,
} from "../host_certificate.ts";
import type { ServedCertificate } from "../tunnels/tunnel_look.ts";

/** What the value of a finding begins with when a reload is what is missing. */
export const differsFromDisk = "not the one on its disk";

/** The certificates that relays present, as this machine sees them. */
export const servedCertificate: FleetCheck = {
  id: "served-certificate",
  looksAt: "Whether the certificate that each relay presents is the one on its disk, and when it " +
    "expires",
  threshold: "certificateExpiry",

  evaluate(view): FleetVerdict[] {
    const { fleet, tunnels } = view;
    if (tunnels === undefined) return [];
    const probed = new Set(tunnels.probes.map(({ relay }) => relay));
    return [...tunnels.served]
      // That a relay can't be reached is told by the probes through it.
      .filter(([name, { der }]) => der !== undefined || !probed.has(name))
      .map(([name, served]) => {
        const host = fleetHost(fleet, name);
        return served.der === undefined
          ? unseenVerdict(host, served)
          : servedVerdict(view, { host, program: "relay", pair: "relay", der: served.der });
      });
  },
};

/** The certificates that programs present to who reads their metrics, as this machine sees them. */
export const servedMetricsCertificate: FleetCheck = {
  id: "served-metrics-certificate",
  looksAt: "Whether the certificate that each program presents to Prometheus is the one on its " +
    "disk, and when it expires, where this machine is let in",
  threshold: "certificateExpiry",

  evaluate(view): FleetVerdict[] {
    return (view.tunnels?.servedMetrics ?? []).flatMap(({ host, program, der }) =>
      der === undefined ? [] : [
        servedVerdict(view, { host: fleetHost(view.fleet, host), program, pair: "metrics", der }),
      ]
    );
  },
};

/** A certificate that was presented. */
interface Presented {
  readonly host: FleetHost;
  readonly program: "relay" | "connector";
  /** Which of the host's certificates it should be. */
  readonly pair: TlsPair["program"];
  readonly der: Uint8Array;
}

function servedVerdict(
  { hosts, nowMs }: FleetView,
  { host, program, pair, der }: Presented,
): FleetVerdict {
  const about = { host: host.name, subject: program };
  const served = readHostCertificate(der);
  const reload = `Have it read anew: ${onHost(host, "systemctl", "reload", unitOf(program))}`;
  if (served === undefined) {
    const value = "what it presents is no certificate";
    return { ...about, status: "critical", value, remedy: reload };
  }
  const renew = `Renew it: ${forHost(host, "deploy")}`;
  const age = { ...about, ...ageVerdict(host, program, served, nowMs, { renew }) };
  const onDisk = certificateOnDisk(hosts.get(host.name), pair);
  if (onDisk === undefined) return age;
  if (isSameDer(onDisk.der, served.der)) {
    // How old the one on the disk is, its own check tells.
    return { ...age, status: "ok", value: "the one on its disk", remedy: "" };
  }
  return {
    ...age,
    status: age.status === "ok" ? "warning" : age.status,
    value: `${differsFromDisk}; ${age.value}`,
    remedy: reload,
  };
}

function unseenVerdict(
  host: FleetHost,
  { error = "it presents none" }: ServedCertificate,
): FleetVerdict {
  const { hostname, port } = host.relay!.probeAddress;
  return {
    host: host.name,
    subject: "relay",
    status: "critical",
    value: `cannot be seen from this machine: ${errorParts(error).value}`,
    remedy: `Check that UDP gets from here to ${hostname}, port ${port}, and that the relay ` +
      `runs: ${forHost(host, "status")}`,
  };
}

/** The one that should have been read: `undefined` when there is none, or none to be read. */
function certificateOnDisk(
  view: HostView | undefined,
  program: TlsPair["program"],
): HostCertificate | undefined {
  const tls = view?.facts.tls;
  if (view === undefined || tls === undefined) return undefined;
  const pair = tlsPairsOf(view.host).find((each) => each.program === program)!;
  const authorities = readCertificates(tls.certificates[authorityFile] ?? "");
  if (certificateFault(view.host, pair, tls, authorities) !== undefined) return undefined;
  return readCertificates(tls.certificates[pair.certificateFile]!)[0];
}
