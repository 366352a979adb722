import type { FleetCheck, FleetVerdict, HostView } from "../check.ts";
import { ageVerdict, certificateFault } from "../checks/certificate.ts";
import { forHost, onHost } from "../checks/host_commands.ts";
import { type FleetHost, fleetHost, unitOf } from "../../fleet/fleet.ts";
import { authorityFile } from "../../fleet/program_files.ts";
import { tlsPairsOf } from "../facts/tls.ts";
import { errorParts } from "../error_parts.ts";
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

  evaluate({ fleet, hosts, tunnels, nowMs }): FleetVerdict[] {
    if (tunnels === undefined) return [];
    const probed = new Set(tunnels.probes.map(({ relay }) => relay));
    return [...tunnels.served]
      // That a relay can't be reached is told by the probes through it.
      .filter(([name, { der }]) => der !== undefined || !probed.has(name))
      .map(([name, served]) => ({
        host: name,
        ...verdictOf(fleetHost(fleet, name), served, hosts.get(name), nowMs),
      }));
  },
};

function verdictOf(
  host: FleetHost,
  { der, error = "it presents none" }: ServedCertificate,
  view: HostView | undefined,
  nowMs: number,
): Omit<FleetVerdict, "host"> {
  const subject = "relay";
  const { hostname, port } = host.relay!.probeAddress;
  if (der === undefined) {
    return {
      subject,
      status: "critical",
      value: `cannot be seen from this machine: ${errorParts(error).value}`,
      remedy: `Check that UDP gets from here to ${hostname}, port ${port}, and that the relay ` +
        `runs: ${forHost(host, "status")}`,
    };
  }
  const served = readHostCertificate(der);
  const reload = `Have it read anew: ${onHost(host, "systemctl", "reload", unitOf("relay"))}`;
  if (served === undefined) {
    const value = "what it presents is no certificate";
    return { subject, status: "critical", value, remedy: reload };
  }
  const age = ageVerdict(host, subject, served, nowMs, {
    renew: `Renew it: ${forHost(host, "deploy")}`,
  });
  const onDisk = certificateOnDisk(view);
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

/** The one that the relay should have read: `undefined` when there is none, or none to be read. */
function certificateOnDisk(view: HostView | undefined): HostCertificate | undefined {
  const tls = view?.facts.tls;
  if (view === undefined || tls === undefined) return undefined;
  const pair = tlsPairsOf(view.host).find(({ program }) => program === "relay")!;
  const authorities = readCertificates(tls.certificates[authorityFile] ?? "");
  if (certificateFault(view.host, pair, tls, authorities) !== undefined) return undefined;
  return readCertificates(tls.certificates[pair.certificateFile]!)[0];
}
