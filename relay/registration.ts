import type { Clock } from "../tunnel/clock.ts";
import { isAuthorized } from "../tunnel/identity.ts";
import type { Logger } from "../tunnel/log.ts";
import { formatSocketAddress } from "../tunnel/quic/address.ts";
import { TokenBucket } from "../tunnel/token_bucket.ts";
import {
  decodeRegistration,
  encodeRegistrationReply,
  nackStatus,
  type Role,
} from "../tunnel/wire/datagram_message.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import type { Drain } from "./drain.ts";
import { registrationBurst, registrationsPerSecond } from "./limits.ts";
import type { rejectionReasons, RelayMetrics } from "./metrics.ts";
import type { Peer } from "./peer.ts";
import type { Registry } from "./registry.ts";

/** What the registration desk works with. */
export interface RegistrationOptions {
  readonly registry: Registry<Peer>;
  /** Whether clients without a certificate may register nothing. */
  readonly requireClientCertificate: boolean;
  readonly drain: Drain;
  readonly metrics: RelayMetrics;
  /** Must be rate-limited: clients cause its lines. */
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What the client is told of each reason (protocol section 2.4). */
const rejections = {
  unauthorized: nackStatus.unauthorized,
  limit: nackStatus.unauthorized,
  draining: nackStatus.draining,
  invalid: nackStatus.invalid,
} as const satisfies Record<typeof rejectionReasons[number], number>;

/** Takes registrations, decides about them, and answers (protocol sections 2.3, 2.4 and 9.2). */
export class RegistrationDesk {
  readonly #options: RegistrationOptions;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** One registration message of `sender`. */
  handle(sender: Peer, message: Uint8Array): void {
    const { metrics, requireClientCertificate } = this.#options;
    if (!this.#hasBudget(sender)) {
      metrics.counter.drops.labels({ reason: "registration_rate" }).inc();
      metrics.counter.limitsReached.labels({ limit: "registration_rate" }).inc();
      return;
    }
    const registration = decodeRegistration(message);
    if (isWireError(registration)) {
      if (registration.code === "bad_utf8") this.#reject(sender, "invalid", "");
      else metrics.counter.drops.labels({ reason: "malformed_registration" }).inc();
      return;
    }
    const { role, serviceId } = registration;
    if (!isAuthorized(sender.identity, role, serviceId, requireClientCertificate)) {
      this.#log("warn", "registration_unauthorized", sender, role, serviceId);
      return this.#reject(sender, "unauthorized", serviceId);
    }
    const { drain, registry } = this.#options;
    // Who asks again has lost the answer, or its place to another connector.
    if (drain.isDraining && !registry.isRegistered(sender, role, serviceId)) {
      drain.onRefusedRegistration();
      return this.#reject(sender, "draining", serviceId);
    }
    this.#register(sender, role, serviceId);
  }

  #register(sender: Peer, role: Role, serviceId: string): void {
    const { registry, metrics } = this.#options;
    const result = role === "agent"
      ? registry.registerAgent(sender, serviceId)
      : registry.registerConnector(sender, serviceId);
    if (result.kind === "refused") {
      metrics.counter.limitsReached.labels({ limit: result.limit }).inc();
      this.#log("warn", "registration_refused", sender, role, serviceId, { limit: result.limit });
      return this.#reject(sender, "limit", serviceId);
    }
    if (result.kind === "registered") {
      this.#log("info", `${role}_registered`, sender, role, serviceId);
      if (result.replaced !== undefined) {
        metrics.counter.connectorTakeovers.inc();
        const replaced = formatSocketAddress(result.replaced.connection.remoteAddress);
        this.#log("warn", "connector_replaced", sender, role, serviceId, { replaced });
      }
    }
    metrics.counter.registrations.inc();
    this.#reply(sender, true, 0, serviceId);
  }

  #reject(sender: Peer, reason: keyof typeof rejections, serviceId: string): void {
    const { registrationRejections, rejectedRegistrations } = this.#options.metrics.counter;
    registrationRejections.inc();
    rejectedRegistrations.labels({ reason }).inc();
    this.#reply(sender, false, rejections[reason], serviceId);
  }

  /** A reply that can't be queued is lost like one on the way: the client asks again. */
  #reply(sender: Peer, accepted: boolean, status: number, serviceId: string): void {
    const reply = encodeRegistrationReply({ accepted, status, serviceId });
    if (!isWireError(reply)) sender.connection.sendDatagram(reply);
  }

  #hasBudget(sender: Peer): boolean {
    const now = this.#options.clock.now();
    const budget = sender.registrationBudget ??= new TokenBucket(
      registrationsPerSecond,
      now,
      registrationBurst,
    );
    return budget.take(now);
  }

  #log(
    level: "info" | "warn",
    event: string,
    sender: Peer,
    role: Role,
    serviceId: string,
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    this.#options.logger[level](event, {
      role,
      service: serviceId,
      client: formatSocketAddress(sender.connection.remoteAddress),
      identity: sender.certifiedName,
      connection: sender.connection.id,
      ...more,
    });
  }
}
