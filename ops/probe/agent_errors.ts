import { ZtnaError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import type { CloseReason } from "../../tunnel/quic/connection_handler.ts";
import { nackStatus } from "../../tunnel/wire/datagram_message.ts";

/** Nothing answers where the relay should be, or its name does not resolve. */
export class RelayUnreachableError extends ZtnaError {
  override readonly code = "RELAY_UNREACHABLE";
  /** 4: unreachable. */
  override readonly exitCode = 4;
}

/** There is a relay, and it or we would not have the connection. */
export class ConnectionRefusedError extends ZtnaError {
  override readonly code = "CONNECTION_REFUSED";
}

/** The relay refused a registration, or never answered it. */
export class RegistrationError extends ZtnaError {
  override readonly code = "REGISTRATION";
}

/** `0x100 + alert` is how QUIC carries a TLS alert (RFC 9001 section 4.8). */
const tlsAlertBase = 0x100;
const alertCount = 0x100;

/** TLS alerts that agents meet (RFC 8446 section 6), as what the other side says with them. */
const alertMeanings: Readonly<Record<number, string>> = {
  40: "no common TLS parameters",
  42: "the certificate is not acceptable",
  43: "the certificate is of an unsupported kind",
  44: "the certificate has been revoked",
  45: "the certificate has expired",
  46: "the certificate is not acceptable",
  48: "the certificate is not from a trusted authority",
  116: "a client certificate is required",
  120: 'the protocol "ztna-v1" is not spoken there',
};
const clientCertificateRequired = 116;

/** CONNECTION_REFUSED (RFC 9000 section 20.1), with which a draining relay answers. */
const connectionRefused = 2;

/** Makes an error of the end of a connection to the relay at `relay` (text of its address). */
export function connectionError(reason: CloseReason, relay: string): ZtnaError {
  const { by, code, application, text } = reason;
  const alert = code - tlsAlertBase;
  if (!application && alert >= 0 && alert < alertCount) {
    const meaning = alertMeanings[alert] ?? `TLS alert ${alert}`;
    if (by === "handshake" && alert !== 120) {
      return new ConnectionRefusedError(
        `Cannot trust the relay at ${relay} as ${meaning}: check the CA file and the server name`,
      );
    }
    const advice = alert === clientCertificateRequired ? ": name one and its key" : "";
    return new ConnectionRefusedError(
      `Cannot connect to the relay at ${relay} as it refuses us, ${meaning}${advice}`,
    );
  }
  if (by === "idle_timeout") {
    return new RelayUnreachableError(`Lost the relay at ${relay}: nothing has come from it`);
  }
  if (by === "stateless_reset") {
    return new RelayUnreachableError(`Lost the relay at ${relay}: it has been started anew`);
  }
  const said = text === "" ? `code ${code}` : `code ${code}, ${quote(text)}`;
  if (by === "handshake" && !application && code === connectionRefused) {
    return new ConnectionRefusedError(
      `Cannot connect to the relay at ${relay} as it takes no new connections (${said}): it is ` +
        `draining, so wait until it has been restarted, or use another relay`,
    );
  }
  if (by === "handshake") {
    return new ConnectionRefusedError(
      `Cannot connect to the relay at ${relay} as the handshake failed: ${said}`,
    );
  }
  return new ConnectionRefusedError(`The relay at ${relay} closed the connection: ${said}`);
}

/** Makes an error of a NACK with this status (protocol section 2.4). */
export function deniedError(serviceId: string, status: number): RegistrationError {
  const service = quote(serviceId);
  if (status === nackStatus.unauthorized) {
    return new RegistrationError(
      `Cannot register for service ${service} as the relay does not authorise us: use a client ` +
        `certificate with the DNS name ${quote(`agent.${serviceId}.ztna`)}`,
    );
  }
  if (status === nackStatus.draining) {
    return new RegistrationError(
      `Cannot register for service ${service} as the relay is draining: wait until it has been ` +
        `restarted, or use another relay`,
    );
  }
  return new RegistrationError(
    `Cannot register for service ${service} as the relay refuses: status is ${status}`,
  );
}

/** Makes an error of a registration that was sent as often as allowed and not answered. */
export function silentError(serviceId: string, sends: number): RegistrationError {
  return new RegistrationError(
    `Cannot register for service ${quote(serviceId)} as the relay does not answer: ` +
      `sent ${sends} times`,
  );
}
