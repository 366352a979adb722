/** How a program of a host is asked whether it works; from the host itself. */
export type ProgramQuestion =
  /** By its admin endpoints, `/readyz` and `/status`. */
  | { readonly kind: "admin"; readonly address: string; readonly port: number }
  /** By a datagram that it must send back, by UDP. */
  | { readonly kind: "echo"; readonly address: string; readonly port: number }
  /** It can't be asked: what systemd says must do. */
  | { readonly kind: "unit" };

/** A program of a host: its systemd unit, and how it is asked. */
export interface WatchedProgram {
  /** `ztna-relay@a.service`. */
  readonly unit: string;
  readonly question: ProgramQuestion;
}

/** Where a host reaches what listens on `address`: on all addresses also means on loopback. */
export function reachableAddress(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}
