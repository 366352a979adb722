import type { Counter } from "../tunnel/metrics.ts";
import { messageType, routedPacketOffset } from "../tunnel/wire/datagram_message.ts";
import type { AddressMapping, AddressTranslations } from "./address_translation.ts";
import { createFlow, type Flow, type FlowTable, type FlowTables } from "./flow_table.ts";
import {
  destinationAddress,
  flowKey,
  innerProtocol,
  isIpv4,
  replaceDestination,
  replaceSource,
  sourceAddress,
} from "./inner_packet.ts";
import { type DropReason, dropReasons, type RelayMetrics } from "./metrics.ts";
import type { Peer } from "./peer.ts";
import type { ConnectorRegistration, Service, ServiceTraffic } from "./service.ts";

/** What a router works with. */
export interface RouterOptions {
  readonly flows: FlowTables<Peer>;
  readonly addresses: AddressTranslations;
  readonly metrics: RelayMetrics;
  /** Makes the hashes of flows unpredictable; any 32-bit number. */
  readonly seed: number;
  /** Takes the registrations (first byte 0x10 or 0x11). */
  readonly onRegistration: (sender: Peer, message: Uint8Array) => void;
}

/**
 * The packet path: from a client's DATAGRAM to the client that it is for (protocol sections 2.1,
 * 2.6, 2.7 and 3.3). Nothing here waits, throws for anything that a client sends, or looks at more
 * than the registrations of the sender.
 */
export class Router {
  readonly #flows: FlowTables<Peer>;
  readonly #addresses: AddressTranslations;
  readonly #metrics: RelayMetrics;
  readonly #seed: number;
  readonly #onRegistration: RouterOptions["onRegistration"];
  // Looked up once: these count per packet.
  readonly #drops: Record<DropReason, Counter>;
  readonly #relayed: Counter;
  readonly #relayedBytes: Counter;
  readonly #translatedToConnector: Counter;
  readonly #translatedToAgent: Counter;

  constructor(options: RouterOptions) {
    const { metrics } = options;
    this.#flows = options.flows;
    this.#addresses = options.addresses;
    this.#metrics = metrics;
    this.#seed = options.seed;
    this.#onRegistration = options.onRegistration;
    this.#drops = Object.fromEntries(
      dropReasons.map((reason) => [reason, metrics.counter.drops.labels({ reason })]),
    ) as Record<DropReason, Counter>;
    this.#relayed = metrics.counter.datagramsRelayed;
    this.#relayedBytes = metrics.counter.relayBytes;
    this.#translatedToConnector = metrics.counter.translations.labels({
      direction: "to_connector",
    });
    this.#translatedToAgent = metrics.counter.translations.labels({ direction: "to_agent" });
  }

  /** Counts a message that is dropped; for its service, too, where that is known. */
  drop(reason: DropReason, service?: Service<Peer>): void {
    this.#drops[reason].inc();
    service?.counters.drops.inc();
  }

  /** One DATAGRAM of `sender`; its bytes may be changed. */
  handle(sender: Peer, message: Uint8Array): void {
    switch (message[0]) {
      case undefined:
        return this.drop("empty");
      case messageType.observedAddress:
        return this.drop("observed_address");
      case messageType.registerAgent:
      case messageType.registerConnector:
        return this.#onRegistration(sender, message);
      case messageType.routed:
        return this.#handleRouted(sender, message);
      default:
        return this.#handleRaw(sender, message);
    }
  }

  /** Forgets the flows and addresses of a client that has gone, both as agent and as connector. */
  forget(peer: Peer): void {
    peer.flows?.clear();
    peer.flows = undefined;
    if (peer.usedTranslations !== undefined) {
      for (const translation of peer.usedTranslations) translation.releaseAgent(peer);
      peer.usedTranslations = undefined;
    }
    const { translation } = peer;
    if (translation === undefined) return;
    for (const agent of translation.agents) agent.usedTranslations?.delete(translation);
    translation.release();
    peer.translation = undefined;
  }

  #handleRouted(sender: Peer, message: Uint8Array): void {
    const offset = routedPacketOffset(message);
    if (offset < 0) return this.drop("malformed_routed");
    const service = sender.agentServices?.find(message, 2, offset);
    if (service === undefined) return this.drop("not_registered");
    this.#toConnector(sender, service, message.subarray(offset));
  }

  /** A client in both roles counts as an agent here (protocol section 3.3). */
  #handleRaw(sender: Peer, packet: Uint8Array): void {
    const services = sender.agentServices;
    if (services !== undefined) {
      for (const service of services.list) {
        if (service.serving.length > 0) return this.#toConnector(sender, service, packet);
      }
      return this.drop("no_connector", services.list.length === 1 ? services.list[0] : undefined);
    }
    if (sender.connectorServices === undefined) return this.drop("unregistered_sender");
    this.#toAgent(sender, packet);
  }

  #toConnector(agent: Peer, service: Service<Peer>, packet: Uint8Array): void {
    if (isRelayMessage(packet)) return this.drop("forged_message", service);
    const table = agent.flows ??= this.#flows.create();
    const key = flowKey(packet, this.#seed ^ service.hash);
    let flow = table.get(key);
    if (flow === undefined || !flow.connector.isServing || flow.connector.service !== service) {
      flow = this.#pin(table, key, innerProtocol(packet), service);
      if (flow === undefined) return this.drop("no_connector", service);
    }
    flow.isUsed = true;
    // A registration that serves has its connection.
    const connector = flow.connector.owner!;
    if (isIpv4(packet)) {
      const inner = sourceAddress(packet);
      let mapping = flow.mapping;
      if (mapping === undefined || mapping.inner !== inner) {
        mapping = this.#map(agent, connector, inner, destinationAddress(packet));
        if (mapping === undefined) return this.drop("address_limit", service);
        flow.mapping = mapping;
      }
      mapping.service = service;
      if (mapping.outer !== inner) {
        replaceSource(packet, mapping.outer);
        this.#translatedToConnector.inc();
      }
    }
    this.#send(connector, packet, service, service.counters.toConnector);
  }

  /** Gives a flow to the connector with the fewest; `undefined` when there is none. */
  #pin(
    table: FlowTable<Peer>,
    key: number,
    protocol: number,
    service: Service<Peer>,
  ): Flow<Peer> | undefined {
    const { serving } = service;
    let best: ConnectorRegistration<Peer> | undefined;
    for (const connector of serving) {
      if (best === undefined || connector.flows < best.flows) best = connector;
    }
    if (best === undefined) return undefined;
    const known = table.get(key);
    // Two services' flows with the same key must not push each other to and fro.
    const isTaken = known !== undefined && known.connector.service !== service &&
      known.connector.isServing;
    const pinned = isTaken ? undefined : table.pin(key, protocol, best);
    if (pinned === undefined) {
      return createFlow(key, protocol, serving[(key >>> 0) % serving.length]!);
    }
    if (known?.connector.service === service) this.#metrics.counter.flowFailovers.inc();
    return pinned;
  }

  #map(
    agent: Peer,
    connector: Peer,
    inner: number,
    destination: number,
  ): AddressMapping<Peer> | undefined {
    const translation = connector.translation ??= this.#addresses.create();
    const mapping = translation.outward(agent, inner, destination);
    if (typeof mapping === "string") {
      this.#metrics.counter.limitsReached.labels({ limit: mapping }).inc();
      return undefined;
    }
    (agent.usedTranslations ??= new Set()).add(translation);
    return mapping;
  }

  #toAgent(connector: Peer, packet: Uint8Array): void {
    if (isRelayMessage(packet)) return this.drop("forged_message", soleService(connector));
    const { translation } = connector;
    if (translation !== undefined && isIpv4(packet)) {
      const outer = destinationAddress(packet);
      const mapping = translation.inward(outer);
      if (mapping !== undefined) {
        if (mapping.inner !== outer) {
          replaceDestination(packet, mapping.inner);
          this.#translatedToAgent.inc();
        }
        // Only what was relayed to the connector has made a mapping.
        const service = mapping.service!;
        return this.#send(mapping.agent, packet, service, service.counters.toAgent);
      }
      if (translation.isQuarantined(outer)) {
        return this.drop("quarantined_reply", soleService(connector));
      }
    }
    const service = serviceOfSoleAgent(connector);
    if (service === undefined) return this.drop("unattributed_reply", soleService(connector));
    for (const agent of service.agents) {
      this.#send(agent, packet, service, service.counters.toAgent);
    }
  }

  #send(
    destination: Peer,
    packet: Uint8Array,
    service: Service<Peer>,
    traffic: ServiceTraffic,
  ): void {
    const result = destination.connection.sendDatagram(packet, true);
    if (result === "queued") {
      this.#relayed.inc();
      this.#relayedBytes.inc(packet.length);
      traffic.packets.inc();
      traffic.bytes.inc(packet.length);
    } else {
      this.drop(result === "closed" ? "destination_closed" : result, service);
    }
  }
}

/**
 * Whether a client would take a relayed packet for a message of the relay's own: an observed
 * address, ACK or NACK. No IP packet begins like that, but a client could forge them for another.
 */
function isRelayMessage(packet: Uint8Array): boolean {
  const type = packet[0];
  return type === messageType.observedAddress || type === messageType.ack ||
    type === messageType.nack;
}

/**
 * The service of the one agent of all of a connector's services, if there is exactly one; when it
 * uses several, the first of them.
 */
function serviceOfSoleAgent(connector: Peer): Service<Peer> | undefined {
  let sole: Peer | undefined;
  let first: Service<Peer> | undefined;
  for (const { service } of connector.connectorServices?.values() ?? []) {
    if (service.agents.size > 1) return undefined;
    for (const agent of service.agents) {
      if (sole !== undefined && sole !== agent) return undefined;
      sole = agent;
      first ??= service;
    }
  }
  return first;
}

/** The service that a connector provides, if it is one alone. */
function soleService({ connectorServices }: Peer): Service<Peer> | undefined {
  if (connectorServices?.size !== 1) return undefined;
  const [registration] = connectorServices.values();
  return registration?.service;
}
