import type { Logger } from "../tunnel/log.ts";
import { formatSocketAddress, type SocketAddress } from "../tunnel/quic/address.ts";
import { nackStatus } from "../tunnel/wire/datagram_message.ts";
import type { RegistrationResult } from "./metrics.ts";
import type { ConnectorMetrics } from "./service_metrics.ts";
import type { Uplink } from "./uplink.ts";
import { type UplinkEvent, uplinkStates } from "./uplink_machine.ts";

/** Where the events of uplinks go. */
export interface UplinkObserverOptions {
  readonly metrics: ConnectorMetrics;
  readonly logger: Logger;
  /** Whether any service is registered now. */
  readonly anyRegistered: () => boolean;
}

/**
 * Turns what happens to uplinks into metrics and log lines. A broken link is a warning while
 * another one works and an error when none does.
 */
export class UplinkObserver {
  readonly #options: UplinkObserverOptions;

  constructor(options: UplinkObserverOptions) {
    this.#options = options;
  }

  /** Shows an uplink's metrics before anything has happened to it. */
  add(uplink: Uplink): void {
    const { gauge, counter } = this.#options.metrics;
    const service = uplink.service.id;
    this.#setState(uplink);
    gauge.relayRtt.labels({ service }).observe(() => {
      const { rttMs } = uplink;
      return rttMs === undefined ? undefined : rttMs / 1000;
    });
    gauge.waitingDatagrams.labels({ service }).observe(() => uplink.datagramsWaiting);
    counter.relayPacketsLost.labels({ service }).observe(() => uplink.packetsLost);
  }

  /** One event of one uplink. Never throws. */
  onEvent(uplink: Uplink, event: UplinkEvent): void {
    this.#count(uplink, event);
    this.#log(uplink, event);
  }

  /** The relay has told a new observed address. */
  onObservedAddress(uplink: Uplink, address: SocketAddress): void {
    const { metrics, logger } = this.#options;
    const service = uplink.service.id;
    metrics.counter.observedAddressChanges.labels({ service }).inc();
    logger.info("observed_address", { service, address: formatSocketAddress(address) });
  }

  #setState(uplink: Uplink): void {
    const { gauge } = this.#options.metrics;
    for (const state of uplinkStates) {
      const labels = { service: uplink.service.id, state };
      gauge.uplinkState.labels(labels).set(state === uplink.state ? 1 : 0);
    }
  }

  #count(uplink: Uplink, event: UplinkEvent): void {
    const { counter, histogram } = this.#options.metrics;
    const service = uplink.service.id;
    const registration = (result: RegistrationResult): void =>
      counter.registrations.labels({ service, result }).inc();
    switch (event.type) {
      case "state":
        return this.#setState(uplink);
      case "attempt":
        return counter.connectionAttempts.labels({ service }).inc();
      case "failed":
        return counter.connectionFailures.labels({ service, cause: event.failure.cause }).inc();
      case "lost":
        return counter.connectionLosses.labels({ service, cause: event.failure.cause }).inc();
      case "registered":
        registration("ack");
        if (event.again) counter.reconnections.inc();
        return histogram.outages.labels({ service }).observe(event.outageMs / 1000);
      case "denied":
        return registration("nack");
      case "timeout":
      case "send_failed":
        return registration(event.type);
    }
  }

  #log(uplink: Uplink, event: UplinkEvent): void {
    const { logger, anyRegistered } = this.#options;
    const service = uplink.service.id;
    const broken = anyRegistered() ? "warn" : "error";
    switch (event.type) {
      case "state":
        return logger.debug("uplink_state", { service, state: uplink.state });
      case "attempt":
        return logger.debug("relay_connecting", { service, relay: uplink.relay });
      case "failed": {
        const { address, retryInMs, failure: { cause, detail } } = event;
        const relay = address === undefined ? undefined : uplink.relayAt(address);
        const level = retryInMs === undefined ? "warn" : broken;
        const fields = { service, relay, cause, detail, ...inSeconds("retryIn", retryInMs) };
        return logger[level]("relay_not_reached", fields);
      }
      case "lost": {
        const { address, retryInMs, registeredForMs, failure: { cause, detail } } = event;
        const registeredFor = inSeconds("registeredFor", registeredForMs);
        const retryIn = inSeconds("retryIn", retryInMs);
        return logger[broken]("relay_lost", {
          service,
          relay: uplink.relayAt(address),
          cause,
          detail,
          ...registeredFor,
          ...retryIn,
        });
      }
      case "registered":
        return logger.info("registered", {
          service,
          relay: uplink.relay,
          ...event.again && inSeconds("outage", event.outageMs),
        });
      case "denied":
        return logger[broken]("registration_denied", {
          service,
          relay: uplink.relay,
          status: event.status,
          detail: denial(event.status, service),
          ...inSeconds("retryIn", event.retryInMs),
        });
      case "timeout":
        return logger[broken]("registration_unanswered", {
          service,
          relay: uplink.relay,
          attempts: event.attempts,
          ...inSeconds("retryIn", event.retryInMs),
        });
      case "send_failed":
        return logger.warn("registration_not_sent", { service, relay: uplink.relay });
    }
  }
}

function denial(status: number, service: string): string {
  if (status === nackStatus.unauthorized) {
    // Names in certificates are lower-cased, service IDs are not (protocol section 9.1).
    const name = service === service.toLowerCase() ? service : "*";
    return `The relay does not allow this connector to provide the service: its certificate must ` +
      `have the name "connector.${name}.ztna"`;
  }
  return status === nackStatus.invalid
    ? "The relay can't read the service ID"
    : "The relay gives no reason that is known here";
}

function inSeconds(name: string, ms: number | undefined): Record<string, number> {
  return ms === undefined ? {} : { [`${name}Seconds`]: Math.round(ms) / 1000 };
}
