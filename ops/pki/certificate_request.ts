import { isIP } from "node:net";
import { ConfigError } from "../../tunnel/errors.ts";
import { metricsClientName } from "../../tunnel/metrics_request.ts";

/** A certificate as one wants it: what a program is called and what it may do. */
export interface CertificateRequest {
  /** Subject common name: who the program is. No two programs share one. */
  readonly commonName: string;
  /** `server` proves a name to clients, `client` proves an identity to the relay. */
  readonly usage: "server" | "client";
  /** DNS names and IP addresses, without repetitions. */
  readonly names: readonly string[];
}

/**
 * The names of roles in servers' certificates: existing agents expect the first two (protocol section
 * 1.1); that of the metrics is for clients that reach them by another address than the certificate's.
 */
const serverNames = {
  relay: "ztna-server",
  connector: "ztna-connector",
  metrics: "ztna-metrics",
} as const;

/** RFC 5280 ub-common-name, in characters. */
const maxCommonNameLength = 64;

/**
 * What a server's certificate says: the fixed name of its role, then its host names and addresses.
 *
 * @param hosts DNS names (a leading `*.` is allowed) or IP addresses.
 * @throws {ConfigError} for a name that no certificate can carry.
 */
export function serverCertificate(
  role: keyof typeof serverNames,
  commonName: string,
  hosts: readonly string[],
): CertificateRequest {
  for (const host of hosts) {
    if (!isCertifiableHost(host)) {
      throw new ConfigError(
        `Cannot issue a certificate for the host "${host}" as it must be a DNS name or an IP ` +
          `address: use letters, digits, "-" and "."`,
      );
    }
  }
  return {
    commonName: checkCommonName(commonName),
    usage: "server",
    names: [...new Set([serverNames[role], ...hosts.map(canonicalHost)])],
  };
}

/** Whether a certificate can carry a host name or an address. */
export function isCertifiableHost(host: string): boolean {
  // a zone ("fe80::1%eth0") means something on one machine only
  return !host.includes("%") && (isIP(host) !== 0 || isHostName(host));
}

/**
 * What a client's certificate says: one `ROLE.SERVICE.ztna` name for each service (protocol
 * section 9.1).
 *
 * @param serviceIds Service IDs, or `*` for all of them.
 * @throws {ConfigError} for a service ID that no certificate can name.
 */
export function clientCertificate(
  role: "agent" | "connector",
  commonName: string,
  serviceIds: readonly string[],
): CertificateRequest {
  if (serviceIds.length === 0) {
    throw new ConfigError(
      `Cannot issue a certificate for the ${role} "${commonName}" as it must name a service: ` +
        `none is given; without one it could do nothing`,
    );
  }
  const names = serviceIds.map((serviceId) => {
    const name = `${role}.${serviceId}.ztna`;
    // The relay lower-cases names and takes service IDs as they are; 253 is the limit of a DNS name.
    if (!/^[\x21-\x7e]+$/.test(serviceId) || serviceId !== serviceId.toLowerCase()) {
      throw new ConfigError(
        `Cannot name the service "${serviceId}" in a certificate as only lower-case ASCII ` +
          `without spaces can be named: rename the service, or issue for "*"`,
      );
    }
    if (name.length > 253) {
      throw new ConfigError(
        `Cannot name the service "${serviceId}" in a certificate as "${role}.SERVICE.ztna" must ` +
          `not be longer than 253 characters: it has ${name.length}`,
      );
    }
    return name;
  });
  return { commonName: checkCommonName(commonName), usage: "client", names: [...new Set(names)] };
}

/**
 * What the certificate of those who read metrics says.
 *
 * @param clients Which of them it makes its owner; see `--metrics-tls-client` of the programs.
 */
export function metricsClientCertificate(
  commonName: string,
  clients: readonly string[],
): CertificateRequest {
  const names = [...new Set(clients)].map(metricsClientName);
  return { commonName: checkCommonName(commonName), usage: "client", names };
}

function checkCommonName(commonName: string): string {
  // deno-lint-ignore no-control-regex -- that is what it looks for
  if (commonName === "" || /[\x00-\x1f\x7f]/.test(commonName)) {
    throw new ConfigError(
      `Cannot issue a certificate for ${JSON.stringify(commonName)} as a common name must be ` +
        `text without control characters`,
    );
  }
  if (commonName.length > maxCommonNameLength) {
    throw new ConfigError(
      `Cannot issue a certificate for "${commonName}" as a common name must have at most ` +
        `${maxCommonNameLength} characters: it has ${commonName.length}`,
    );
  }
  return commonName;
}

/** The one spelling of a name or address, so that two can be compared. */
function canonicalHost(host: string): string {
  return isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase();
}

function isHostName(host: string): boolean {
  return host.length <= 253 &&
    /^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/i.test(host) &&
    !/-(\.|$)/.test(host);
}
