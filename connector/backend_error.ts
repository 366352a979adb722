/**
 * What went wrong at the backend's side, as the metric's label says it. `resolve`: no address for
 * the name. `receive`: a socket failed while waiting for replies. `descriptors`: the process has no
 * file descriptor left. The others are what the system said to opening or sending.
 */
export const backendErrorKinds = [
  "resolve",
  "receive",
  "descriptors",
  "unreachable",
  "refused",
  "denied",
  "too_long",
  "buffers",
  "other",
] as const;

/** One of {@linkcode backendErrorKinds}. */
export type BackendErrorKind = typeof backendErrorKinds[number];

const kinds: Readonly<Record<string, BackendErrorKind>> = {
  EMFILE: "descriptors",
  ENFILE: "descriptors",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EAFNOSUPPORT: "unreachable",
  // Linux to a packet from a loopback address to any other, among a few more.
  EINVAL: "unreachable",
  ECONNREFUSED: "refused",
  ECONNRESET: "refused",
  EPERM: "denied",
  EACCES: "denied",
  EMSGSIZE: "too_long",
  ENOBUFS: "buffers",
  ENOMEM: "buffers",
};

/** The kind of an error of a socket. */
export function backendErrorKind(error: unknown): BackendErrorKind {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  const known = typeof code === "string" ? kinds[code] : undefined;
  if (known !== undefined) return known;
  if (error instanceof Deno.errors.ConnectionRefused) return "refused";
  if (error instanceof Deno.errors.ConnectionReset) return "refused";
  if (error instanceof Deno.errors.PermissionDenied) return "denied";
  if (error instanceof Deno.errors.NotCapable) return "denied";
  return "other";
}

/** Whether a flow is better ended after such an error: another address or socket may do. */
export function endsFlow(kind: BackendErrorKind): boolean {
  return kind === "unreachable" || kind === "receive" || kind === "other";
}
