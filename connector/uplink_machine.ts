import { Backoff } from "../tunnel/backoff.ts";
import type { Clock, Timer } from "../tunnel/clock.ts";
import { nackStatus } from "../tunnel/wire/datagram_message.ts";
import type { ConnectorLimits } from "./limits.ts";
import { Registration, type RegistrationEvent } from "./registration.ts";
import type { UplinkFailure } from "./uplink_cause.ts";

/**
 * What an uplink is doing. `registering` and `denied` have a connection on which the service isn't
 * registered yet; `waiting` counts down to the next attempt; `stopped` is for ever.
 */
export const uplinkStates = [
  "resolving",
  "connecting",
  "registering",
  "denied",
  "registered",
  "waiting",
  "stopped",
] as const;

/** One of {@linkcode uplinkStates}. */
export type UplinkState = typeof uplinkStates[number];

/** What happens to an uplink, for metrics and log. The state is the new one when it is reported. */
export type UplinkEvent =
  /** The state has changed. */
  | { readonly type: "state" }
  /** A handshake begins. */
  | { readonly type: "attempt"; readonly address: string }
  /** An attempt ended unregistered. Without `retryInMs` the next address follows at once. */
  | {
    readonly type: "failed";
    readonly address: string | undefined;
    readonly failure: UplinkFailure;
    readonly retryInMs: number | undefined;
  }
  /** The service is registered; `again` on a new connection after the loss of an earlier one. */
  | {
    readonly type: "registered";
    readonly address: string;
    readonly again: boolean;
    /** How long it was not, from the start or the loss. */
    readonly outageMs: number;
  }
  /** The connection of a registered service has ended. */
  | {
    readonly type: "lost";
    readonly address: string;
    readonly failure: UplinkFailure;
    readonly registeredForMs: number;
    readonly retryInMs: number;
  }
  /** A registration that was not accepted. */
  | Exclude<RegistrationEvent, { readonly type: "accepted" }>;

/**
 * What an uplink does to the world. Answers come as calls of the machine's methods with the same
 * attempt number; they may come during the effect.
 */
export interface UplinkEffects {
  /** Resolves the relay's name: `onResolved` or `onResolveFailed`. */
  resolve(attempt: number): void;
  /** Opens a connection: `onEstablished`, `onClosed`. */
  dial(attempt: number, address: string): void;
  /** Sends the registration; tells whether the connection has taken it. */
  register(): boolean;
  /** Closes the connection; nothing of it is heard any more. */
  hangUp(code: number, reason: string): void;
  /** Must not throw. */
  report(event: UplinkEvent): void;
}

/** What an {@linkcode UplinkMachine} needs. */
export interface UplinkMachineOptions {
  readonly effects: UplinkEffects;
  readonly clock: Clock;
  /** See `BackoffOptions`. */
  readonly random: () => number;
  readonly limits: Pick<
    ConnectorLimits,
    | "handshakeTimeoutMs"
    | "lastHandshakeTimeoutMs"
    | "reconnectBaseMs"
    | "reconnectMaxMs"
    | "stableMs"
    | "registrationTimeoutMs"
    | "registrationMaxMs"
  >;
}

/** What relays are told when the connector ends; code 0, as they themselves say goodbye. */
const stopReason = "connector shutting down";
/** What a relay is told that does not take the registration. */
const movingReason = "connector moving on";

/**
 * Keeps one service registered with a relay: resolve, dial each address in turn, register, and
 * after any end back off (full jitter) and begin again, for ever.
 *
 * The back-off begins anew only after the service was registered for a stable minute: a relay that
 * accepts and drops us, or that refuses our certificate just after the handshake, is not hammered
 * (fault LC27).
 */
export class UplinkMachine {
  readonly #options: UplinkMachineOptions;
  readonly #backoff: Backoff;
  readonly #registration: Registration;
  #state: UplinkState = "waiting";
  #started = false;
  /** Tells answers to the current effect from those to earlier ones. */
  #attempt = 0;
  #candidates: string[] = [];
  #address: string | undefined;
  /** The address whose connection was lost last: tried last. */
  #lostAddress: string | undefined;
  #timer: Timer | undefined;
  #registeredSinceMs: number | undefined;
  #unregisteredSinceMs: number;
  /** The last attempt that ended in a registration. */
  #registeredAttempt: number | undefined;

  constructor(options: UplinkMachineOptions) {
    const { effects, clock, random, limits } = options;
    this.#options = options;
    this.#unregisteredSinceMs = clock.now();
    this.#backoff = new Backoff({
      baseMs: limits.reconnectBaseMs,
      maxMs: limits.reconnectMaxMs,
      random,
    });
    this.#registration = new Registration({
      send: () => effects.register(),
      onEvent: (event) => this.#onRegistration(event),
      clock,
      random,
      timeoutMs: limits.registrationTimeoutMs,
      maxIntervalMs: limits.registrationMaxMs,
    });
  }

  get state(): UplinkState {
    return this.#state;
  }

  /** The address being dialled or connected to. */
  get address(): string | undefined {
    return this.#address;
  }

  /** Since when the service is registered, on the machine's clock. */
  get registeredSinceMs(): number | undefined {
    return this.#registeredSinceMs;
  }

  /** The status of the relay's NACK in state `denied`. */
  get deniedStatus(): number | undefined {
    return this.#registration.deniedStatus;
  }

  /** Makes the first attempt. */
  start(): void {
    if (this.#started || this.#state === "stopped") return;
    this.#started = true;
    this.#resolve();
  }

  /** Ends everything at once, whatever is under way, and says goodbye to the relay. */
  stop(): void {
    if (this.#state === "stopped") return;
    const connected = this.#address !== undefined;
    this.#endConnection();
    this.#enter("stopped");
    if (connected) this.#options.effects.hangUp(0, stopReason);
  }

  /** The relay's name has these addresses, at least one. */
  onResolved(attempt: number, addresses: readonly string[]): void {
    if (attempt !== this.#attempt || this.#state !== "resolving") return;
    // What has just failed is the likeliest to fail again.
    const lost = this.#lostAddress;
    const others = addresses.filter((address) => address !== lost);
    const known = lost !== undefined && others.length < addresses.length;
    this.#candidates = known ? [...others, lost] : others;
    this.#dialNext();
  }

  /** The relay's name could not be resolved. */
  onResolveFailed(attempt: number, detail: string): void {
    if (attempt !== this.#attempt || this.#state !== "resolving") return;
    this.#fail({ cause: "resolve", detail });
  }

  /** The handshake is complete. Whether the relay accepts us only an ACK tells. */
  onEstablished(attempt: number): void {
    if (attempt !== this.#attempt || this.#state !== "connecting") return;
    this.#disarm();
    this.#enter("registering");
    this.#registration.start();
  }

  /** The relay has answered the registration of this service with an ACK. */
  onAck(attempt: number): void {
    if (attempt === this.#attempt) this.#registration.onAck();
  }

  /** The relay has answered the registration of this service with a NACK. */
  onNack(attempt: number, status: number): void {
    if (attempt !== this.#attempt) return;
    if (status !== nackStatus.draining || this.#registration.state === "idle") {
      return this.#registration.onNack(status);
    }
    // Asking again would not help: the relay takes nobody until it has gone. Another one may.
    this.#options.effects.hangUp(0, movingReason);
    this.#fail({
      cause: "relay_draining",
      detail: "The relay takes no new registrations as it is about to stop",
    });
  }

  /** The connection has ended, or never began. */
  onClosed(attempt: number, failure: UplinkFailure): void {
    if (attempt !== this.#attempt || this.#address === undefined) return;
    this.#fail(failure);
  }

  #resolve(): void {
    this.#attempt += 1;
    this.#enter("resolving");
    this.#options.effects.resolve(this.#attempt);
  }

  #dialNext(): void {
    const address = this.#candidates.shift();
    if (address === undefined) {
      return this.#fail({ cause: "resolve", detail: "The relay's name has no address" });
    }
    const { effects, limits } = this.#options;
    this.#attempt += 1;
    this.#address = address;
    const last = this.#candidates.length === 0;
    this.#arm(last ? limits.lastHandshakeTimeoutMs : limits.handshakeTimeoutMs, () => {
      effects.hangUp(0, "handshake timeout");
      this.#fail({ cause: "unreachable", detail: "No relay has answered at this address in time" });
    });
    this.#enter("connecting");
    effects.report({ type: "attempt", address });
    effects.dial(this.#attempt, address);
  }

  /** After the end of whatever was tried or held. */
  #fail(failure: UplinkFailure): void {
    const { effects, clock, limits } = this.#options;
    const address = this.#address;
    const registeredSinceMs = this.#registeredSinceMs;
    this.#endConnection();
    if (address !== undefined && this.#candidates.length > 0) {
      effects.report({ type: "failed", address, failure, retryInMs: undefined });
      return this.#dialNext();
    }
    const registeredForMs = clock.now() - (registeredSinceMs ?? clock.now());
    if (registeredForMs >= limits.stableMs) this.#backoff.reset();
    const retryInMs = this.#backoff.next();
    this.#arm(retryInMs, () => this.#resolve());
    this.#enter("waiting");
    if (address !== undefined) this.#lostAddress = address;
    effects.report(
      registeredSinceMs !== undefined && address !== undefined
        ? { type: "lost", address, failure, registeredForMs, retryInMs }
        : { type: "failed", address, failure, retryInMs },
    );
  }

  #endConnection(): void {
    this.#disarm();
    this.#registration.stop();
    this.#attempt += 1;
    this.#address = undefined;
    if (this.#registeredSinceMs === undefined) return;
    this.#unregisteredSinceMs = this.#options.clock.now();
    this.#registeredSinceMs = undefined;
  }

  #onRegistration(event: RegistrationEvent): void {
    const { effects, clock } = this.#options;
    if (event.type !== "accepted") {
      if (event.type === "denied") {
        if (this.#registeredSinceMs !== undefined) this.#unregisteredSinceMs = clock.now();
        this.#registeredSinceMs = undefined;
        this.#enter("denied");
      }
      return effects.report(event);
    }
    const nowMs = clock.now();
    // A NACK and another ACK on the same connection are no reconnection.
    const again = (this.#registeredAttempt ?? this.#attempt) !== this.#attempt;
    this.#registeredSinceMs = nowMs;
    this.#registeredAttempt = this.#attempt;
    // A connection that works needs no other address; after its end the name is asked again.
    this.#candidates = [];
    this.#enter("registered");
    const outageMs = nowMs - this.#unregisteredSinceMs;
    effects.report({ type: "registered", address: this.#address ?? "", again, outageMs });
  }

  #enter(state: UplinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.effects.report({ type: "state" });
  }

  #arm(delayMs: number, callback: () => void): void {
    this.#disarm();
    this.#timer = this.#options.clock.setTimer(callback, delayMs);
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
