import type { FleetCheck, FleetVerdict, HostView } from "../check.ts";
import { ageVerdict } from "../checks/certificate.ts";
import { forHost, onHost } from "../checks/host_commands.ts";
import { type FleetHost, fleetHost, unitOf } from "../../fleet/fleet.ts";
import { tlsFilesOf } from "../../fleet/program_files.ts";
import { isSameDer, readCertificates, readHostCertificate } from "../host_certificate.ts";
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
      value: `cannot be seen from this machine: ${error}`,
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
  const text = view?.facts.tls?.certificates[tlsFilesOf("relay").certificateFile];
  const [onDisk] = readCertificates(text ?? "");
  if (onDisk === undefined || isSameDer(onDisk.der, served.der)) {
    // The one on disk is told by its own check.
    const isToldThere = onDisk !== undefined && age.status !== "ok" && served.notBefore <= nowMs;
    return isToldThere ? { ...age, status: "ok", value: `the one on disk`, remedy: "" } : age;
  }
  return {
    ...age,
    status: age.status === "ok" ? "warning" : age.status,
    value: `${differsFromDisk}; ${age.value}`,
    remedy: reload,
  };
}
