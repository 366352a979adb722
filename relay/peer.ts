import type { Identity } from "../tunnel/identity.ts";
import type { QuicConnection } from "../tunnel/quic/connection.ts";
import type { TokenBucket } from "../tunnel/token_bucket.ts";
import type { AddressTranslation } from "./address_translation.ts";
import type { FlowTable } from "./flow_table.ts";
import type { AgentServices, ConnectorRegistration, Registrant } from "./service.ts";

/** What the relay does with a connection. */
export type PeerConnection = Pick<
  QuicConnection,
  "id" | "remoteAddress" | "isClosed" | "sendDatagram" | "readStream" | "close"
>;

/**
 * A client whose handshake is complete and whose certificate, if it has one, was read: all that
 * the relay keeps for a connection. An idle one costs this object only.
 */
export class Peer implements Registrant<Peer> {
  readonly connection: PeerConnection;
  /** Who its certificate says it is; `undefined` without one. */
  readonly identity: Identity | undefined;
  /** When it connected, on the relay's clock, in ms. */
  readonly connectedAtMs: number;

  agentServices: AgentServices<Peer> | undefined;
  connectorServices: Map<string, ConnectorRegistration<Peer>> | undefined;
  /** As an agent: its flows. */
  flows: FlowTable<Peer> | undefined;
  /** As an agent: the translations of the connectors where it has addresses. */
  usedTranslations: Set<AddressTranslation<Peer>> | undefined;
  /** As a connector: its agents' addresses. */
  translation: AddressTranslation<Peer> | undefined;
  /** What it may still register. */
  registrationBudget: TokenBucket | undefined;

  constructor(connection: PeerConnection, identity: Identity | undefined, connectedAtMs: number) {
    this.connection = connection;
    this.identity = identity;
    this.connectedAtMs = connectedAtMs;
  }

  get certifiedName(): string | undefined {
    return this.identity?.commonName;
  }
}
