import type { CloseReason } from "../tunnel/quic/connection_handler.ts";

/**
 * Why an attempt to reach a relay has failed, or a connection was lost; a metric label.
 * `resolve`: the name has no address. `local`: this machine could not even try. `unreachable`:
 * nobody answered. `tls`: one side did not accept the other's certificate, or another failure of
 * TLS. `relay_closed`: the relay said goodbye, as when it stops. `relay_draining`: it takes nobody
 * new, as before it stops. `relay_error`: it closed for a fault. `relay_restarted`: it knows nothing of the connection. `silent`: nothing came from it any
 * more. `connector_error`: this side closed for a fault.
 */
export const uplinkCauses = [
  "resolve",
  "local",
  "unreachable",
  "tls",
  "relay_closed",
  "relay_draining",
  "relay_error",
  "relay_restarted",
  "silent",
  "connector_error",
] as const;

/** One of {@linkcode uplinkCauses}. */
export type UplinkCause = typeof uplinkCauses[number];

/** A cause with what people need to know. */
export interface UplinkFailure {
  readonly cause: UplinkCause;
  /** What happened, and what to do where there is something to do. */
  readonly detail: string;
}

/** TLS alerts are transport codes from here on (RFC 9001 section 4.8). */
const firstTlsCode = 0x100;
const lastTlsCode = 0x1ff;

/** CONNECTION_REFUSED (RFC 9000 section 20.1), with which a draining relay answers. */
const refusedCode = 2;

const ourCertificate = "check the relay's CA and this connector's certificate";
const theirCertificate = "check the CA file and the server name, or the relay's certificate";

/** TLS alerts (RFC 8446 section 6.2) that people meet, by their number. */
const alerts: Readonly<Record<number, { name: string; ours: string; theirs: string }>> = {
  40: { name: "handshake failure", ours: ourCertificate, theirs: theirCertificate },
  42: { name: "bad certificate", ours: ourCertificate, theirs: theirCertificate },
  43: { name: "unsupported certificate", ours: ourCertificate, theirs: theirCertificate },
  44: { name: "certificate revoked", ours: ourCertificate, theirs: theirCertificate },
  45: {
    name: "certificate expired",
    ours: "renew this connector's certificate",
    theirs: "renew the relay's certificate, or correct this machine's clock",
  },
  46: { name: "certificate unknown", ours: ourCertificate, theirs: theirCertificate },
  48: {
    name: "unknown CA",
    ours: "the relay must trust the CA of this connector's certificate",
    theirs: "give the CA of the relay's certificate (--ca-cert)",
  },
  116: {
    name: "certificate required",
    ours: "give a client certificate (--client-cert, --client-key)",
    theirs: theirCertificate,
  },
  120: {
    name: "no application protocol",
    ours: "the other side is no relay of this system",
    theirs: "the other side is no relay of this system",
  },
};

/** What relays say to who presents no certificate that they can use (protocol section 8.1). */
const certificateTexts: ReadonlySet<string> = new Set([
  "client cert required",
  "invalid client cert",
]);

/** What the end of a connection to a relay means. */
export function describeClose(reason: CloseReason): UplinkFailure {
  const { by, application, code, text } = reason;
  const said = text === "" ? "" : `: "${text}"`;
  if (by === "idle_timeout") {
    return { cause: "silent", detail: "Nothing came from the relay any more" };
  }
  if (by === "stateless_reset") {
    return { cause: "relay_restarted", detail: "The relay has lost its state" };
  }
  if (!application && code >= firstTlsCode && code <= lastTlsCode) {
    return { cause: "tls", detail: describeTls(code - firstTlsCode, by === "handshake", said) };
  }
  if (by === "handshake") {
    if (!application && code === refusedCode) {
      return { cause: "relay_draining", detail: `The relay takes no new connections${said}` };
    }
    // An end without a code, or with our own timeout's, is nobody's answer.
    return code === 0
      ? { cause: "unreachable", detail: `No relay has answered at this address${said}` }
      : { cause: "relay_error", detail: `The handshake failed with code ${code}${said}` };
  }
  if (by === "local") {
    return { cause: "connector_error", detail: `Closed by this side with code ${code}${said}` };
  }
  if (!application && certificateTexts.has(text)) {
    const hint = "give this connector a valid certificate (--client-cert, --client-key)";
    return { cause: "tls", detail: `The relay has refused this connector${said}: ${hint}` };
  }
  return application
    ? { cause: "relay_closed", detail: `The relay has closed with code ${code}${said}` }
    : { cause: "relay_error", detail: `The relay has closed for an error, code ${code}${said}` };
}

/** A relay's verdict on our certificate comes after the handshake, ours on its one during it. */
function describeTls(number: number, inHandshake: boolean, said: string): string {
  const alert = alerts[number];
  const name = `TLS alert ${number}${alert === undefined ? "" : `, ${alert.name}`}${said}`;
  const who = inHandshake ? "The handshake failed" : "The relay has refused this connector";
  const hint = alert && (inHandshake ? alert.theirs : alert.ours);
  return hint === undefined ? `${who} (${name})` : `${who} (${name}): ${hint}`;
}
