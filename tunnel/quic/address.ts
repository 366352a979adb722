/** A UDP address. `hostname` is a numeric IPv4 or IPv6 address without brackets. */
export interface SocketAddress {
  readonly hostname: string;
  /** 0 to 65,535. */
  readonly port: number;
}

/** Text form of an address: `192.0.2.1:4433` or `[2001:db8::1]:4433`. */
export function formatSocketAddress(address: SocketAddress): string {
  return address.hostname.includes(":")
    ? `[${address.hostname}]:${address.port}`
    : `${address.hostname}:${address.port}`;
}

/** Whether both name the same host, as text, and the same port. */
export function sameSocketAddress(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && a.hostname === b.hostname;
}
