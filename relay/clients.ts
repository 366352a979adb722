import type { Clock } from "../tunnel/clock.ts";
import { type Identity, isIdentityError, readIdentity } from "../tunnel/identity.ts";
import type { Logger } from "../tunnel/log.ts";
import { formatSocketAddress } from "../tunnel/quic/address.ts";
import type { QuicConnection } from "../tunnel/quic/connection.ts";
import type { CloseReason, ConnectionHandler } from "../tunnel/quic/connection_handler.ts";
import type { CertificateExpiry } from "./certificate_expiry.ts";
import type { Drain } from "./drain.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { ObservedAddresses } from "./observed_address.ts";
import { Peer, type PeerConnection } from "./peer.ts";
import type { Registry } from "./registry.ts";
import type { Router } from "./router.ts";
import type { Signaling } from "./signaling.ts";

/** What clients are told who come while the relay drains. */
export const drainText = "server draining";

/** Transport close code of clients that are refused for their certificate (protocol section 8.1). */
const refusedCode = 1;

/** What of a connection the relay looks at. */
export type ClientConnection =
  & PeerConnection
  & Pick<QuicConnection, "peerCertificates" | "startedAtMs">;

/** What `Clients` works with. */
export interface ClientsOptions {
  readonly requireClientCertificate: boolean;
  readonly registry: Registry<Peer>;
  readonly router: Router;
  readonly observedAddresses: ObservedAddresses;
  readonly signaling: Signaling;
  readonly expiry: CertificateExpiry;
  readonly drain: Drain;
  readonly metrics: RelayMetrics;
  /** Must be rate-limited: clients cause its lines. */
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The relay's clients, from the end of their handshake to the end of their connection. */
export class Clients implements ConnectionHandler {
  readonly #options: ClientsOptions;
  readonly #peers = new Map<number, { readonly peer: Peer; readonly expiry?: Disposable }>();

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  /** Admitted clients. */
  get size(): number {
    return this.#peers.size;
  }

  /** Reads the client's certificate, and admits the client or closes the connection. */
  onEstablished(connection: ClientConnection): void {
    const { requireClientCertificate, expiry, observedAddresses, drain, clock, logger, metrics } =
      this.#options;
    metrics.histogram.handshake.observe((clock.now() - connection.startedAtMs) / 1000);
    const identity = readClientIdentity(connection);
    if (identity === "invalid") return this.#refuse(connection, "invalid", "invalid client cert");
    if (identity === undefined && requireClientCertificate) {
      // TLS has refused it already; who may enter does not hang on that alone.
      return this.#refuse(connection, "missing", "client cert required");
    }
    // Its handshake was under way when the relay stopped to take clients.
    if (drain.isDraining) return connection.close(0, drainText);
    const peer = new Peer(connection, identity, clock.now());
    this.#peers.set(
      connection.id,
      identity === undefined ? { peer } : {
        peer,
        expiry: expiry.watch(identity.notAfter, () => {
          this.#refuse(connection, "expired", "client cert expired");
        }),
      },
    );
    logger.debug("client_connected", {
      connection: connection.id,
      client: formatSocketAddress(connection.remoteAddress),
      identity: identity?.commonName,
      names: identity?.names.map(({ role, serviceId }) => `${role}:${serviceId}`),
    });
    observedAddresses.tell(peer);
  }

  /** One message of a client. */
  onDatagram(connection: ClientConnection, data: Uint8Array): void {
    const client = this.#peers.get(connection.id);
    // Nothing of a refused client counts, not even what came with its handshake (fault LR28).
    if (client === undefined) return this.#options.router.drop("not_admitted");
    this.#options.router.handle(client.peer, data);
  }

  onStreamReadable(connection: ClientConnection, streamId: number): void {
    const client = this.#peers.get(connection.id);
    if (client !== undefined) this.#options.signaling.onStreamReadable(client.peer, streamId);
  }

  onAddressChange(connection: ClientConnection): void {
    const client = this.#peers.get(connection.id);
    if (client === undefined) return;
    this.#options.logger.debug("client_moved", {
      connection: connection.id,
      client: formatSocketAddress(connection.remoteAddress),
    });
    this.#options.observedAddresses.tell(client.peer);
  }

  /** Forgets the client: registrations, flows, addresses. */
  onClosed(connection: ClientConnection, reason: CloseReason): void {
    const { registry, router, observedAddresses, signaling, drain, metrics, logger } =
      this.#options;
    if (reason.by !== "handshake") {
      metrics.counter.closedConnections.labels({ by: reason.by }).inc();
    }
    const client = this.#peers.get(connection.id);
    if (client === undefined) return;
    const { peer } = client;
    this.#peers.delete(connection.id);
    drain.onClosed();
    client.expiry?.[Symbol.dispose]();
    const services = [...peer.connectorServices?.keys() ?? []].slice(0, 8);
    registry.unregister(peer);
    router.forget(peer);
    observedAddresses.forget(peer);
    signaling.forget(peer);
    const fields = {
      connection: connection.id,
      client: formatSocketAddress(connection.remoteAddress),
      identity: peer.certifiedName,
      by: reason.by,
      code: reason.code,
      reason: reason.text,
    };
    if (services.length > 0) logger.info("connector_gone", { ...fields, services });
    else logger.debug("client_gone", fields);
  }

  #refuse(
    connection: ClientConnection,
    reason: "missing" | "invalid" | "expired",
    text: string,
  ): void {
    const { metrics, logger } = this.#options;
    metrics.counter.refusedClients.labels({ reason }).inc();
    logger.warn("client_refused", {
      connection: connection.id,
      client: formatSocketAddress(connection.remoteAddress),
      reason: text,
    });
    connection.close(refusedCode, text, false);
  }
}

/** Who the client is; `undefined` when it has presented no certificate. */
function readClientIdentity(connection: ClientConnection): Identity | undefined | "invalid" {
  const [leaf] = connection.peerCertificates();
  if (leaf === undefined) return undefined;
  const identity = readIdentity(leaf);
  return isIdentityError(identity) ? "invalid" : identity;
}
