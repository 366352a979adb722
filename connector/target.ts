import { parseIpv4Address } from "../tunnel/wire/ipv4.ts";

/** A host, by name or by number, and a port. */
export interface Target {
  /** A lower-case DNS name, or a numeric address in its canonical form, without brackets. */
  readonly host: string;
  /** 1 to 65,535. */
  readonly port: number;
}

/** What a text of a host is. */
export type HostKind = "name" | "ipv4" | "ipv6";

/** Why a text is no host and port: the end of a sentence that begins with "it". */
export class TargetProblem {
  constructor(readonly rule: string) {
    Object.freeze(this);
  }
}

/**
 * Reads `host:port`, where the host is a DNS name, an IPv4 address or an IPv6 address in brackets.
 *
 * @param defaultPort The port of a text without one; without it the port is mandatory.
 */
export function parseTarget(text: string, defaultPort?: number): Target | TargetProblem {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) {
    return new TargetProblem(
      'must be "host:port", where an IPv6 address stands in brackets ("[2001:db8::1]:443")',
    );
  }
  const [, bracketed, digits] = match as unknown as [string, string, string | undefined];
  const host = bracketed.startsWith("[") ? bracketed.slice(1, -1) : bracketed;
  if (bracketed.startsWith("[") && !host.includes(":")) {
    return new TargetProblem("may have brackets around an IPv6 address only");
  }
  const canonical = parseHost(host);
  if (canonical instanceof TargetProblem) return canonical;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port === undefined) return new TargetProblem('must end in a port ("host:port")');
  if (port < 1 || port > 65_535) {
    return new TargetProblem("must have a port from 1 to 65535");
  }
  return { host: canonical, port };
}

/** The canonical form of a DNS name or numeric address, or why it is none. */
export function parseHost(host: string): string | TargetProblem {
  if (host.includes(":")) {
    const canonical = canonicalIpv6(host);
    if (canonical === undefined) return new TargetProblem("must have a valid IPv6 address");
    return unspecified.has(canonical) ? isUnspecified : canonical;
  }
  if (parseIpv4Address(host) !== undefined) return unspecified.has(host) ? isUnspecified : host;
  // The system's resolver would read "10.1" or "0x7f.1" as an address, and not as the one meant.
  if (/(^|\.)(\d+|0x[\da-f]*)\.?$/i.test(host)) {
    return new TargetProblem("must have a valid IPv4 address (four numbers from 0 to 255)");
  }
  const label = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i;
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  if (name === "" || name.length > 253 || !name.split(".").every((part) => label.test(part))) {
    return new TargetProblem("must have a valid host name");
  }
  return name.toLowerCase();
}

/** Of which kind a host of {@linkcode parseTarget} is. */
export function hostKind(host: string): HostKind {
  if (host.includes(":")) return "ipv6";
  return parseIpv4Address(host) === undefined ? "name" : "ipv4";
}

/** `host:port`, with brackets where they are needed. */
export function formatTarget({ host, port }: Target): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const unspecified: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
const isUnspecified = new TargetProblem(
  'must be an address that packets can be sent to, which "all addresses" is not',
);

/**
 * The form in which the system gives an IPv6 address back (RFC 5952), plain IPv4 for one that is
 * mapped, or `undefined` for what is no IPv6 address. Addresses with a zone (`%eth0`) are none.
 */
export function canonicalIpv6(text: string): string | undefined {
  let hostname: string;
  try {
    hostname = new URL(`http://[${text}]/`).hostname;
  } catch {
    return undefined;
  }
  const canonical = hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical);
  if (mapped === null) return canonical;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}
