import { Backoff } from "../tunnel/backoff.ts";
import type { Clock, Timer } from "../tunnel/clock.ts";

/**
 * Where a service's registration on one connection stands: `idle` without a connection, `pending`
 * until the relay has answered, `registered` after an ACK, `denied` after a NACK.
 */
export type RegistrationState = "idle" | "pending" | "registered" | "denied";

/** What became of a registration, for those who count and log. */
export type RegistrationEvent =
  | { readonly type: "accepted" }
  /** The relay has refused; the next try follows after `retryInMs`. */
  | { readonly type: "denied"; readonly status: number; readonly retryInMs: number }
  /** No answer in time; sent again, and once more after `retryInMs` if that is lost, too. */
  | { readonly type: "timeout"; readonly attempts: number; readonly retryInMs: number }
  /** The connection did not take the message. */
  | { readonly type: "send_failed" };

/** What a {@linkcode Registration} needs. */
export interface RegistrationOptions {
  /** Sends the registration once; tells whether the connection has taken it. */
  readonly send: () => boolean;
  /** Called after the state has changed. Must not throw. */
  readonly onEvent: (event: RegistrationEvent) => void;
  readonly clock: Clock;
  /** See `BackoffOptions`. */
  readonly random: () => number;
  /** How long the relay has for its first answer (protocol section 2.5). */
  readonly timeoutMs: number;
  /** Longest time between two tries. */
  readonly maxIntervalMs: number;
}

/**
 * Registers a service on a connection, and does not give up: registrations and answers are
 * unreliable DATAGRAMs, and what a relay denies it may allow after a reload (fault LC30).
 *
 * The second try follows the first after the timeout; later ones back off with full jitter, but
 * never follow faster than the timeout.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #backoff: Backoff;
  #state: RegistrationState = "idle";
  #deniedStatus: number | undefined;
  #attempts = 0;
  #retryAtMs = 0;
  #timer: Timer | undefined;

  constructor(options: RegistrationOptions) {
    const { timeoutMs, maxIntervalMs, random } = options;
    this.#options = options;
    this.#backoff = new Backoff({ baseMs: 2 * timeoutMs, maxMs: maxIntervalMs, random });
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** The status of the NACK in state `denied`. */
  get deniedStatus(): number | undefined {
    return this.#deniedStatus;
  }

  /** There is a new connection: registers on it. */
  start(): void {
    this.stop();
    this.#state = "pending";
    this.#send();
    this.#retryAfter(this.#options.timeoutMs);
  }

  /** The connection is gone, or about to be. */
  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#state = "idle";
    this.#deniedStatus = undefined;
    this.#attempts = 0;
    this.#backoff.reset();
  }

  /** The relay's ACK for this service; also counts when it comes late. */
  onAck(): void {
    if (this.#state === "idle" || this.#state === "registered") return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#state = "registered";
    this.#deniedStatus = undefined;
    this.#options.onEvent({ type: "accepted" });
  }

  /** The relay's NACK for this service. The relay's last word counts, also against an ACK. */
  onNack(status: number): void {
    if (this.#state === "idle") return;
    this.#deniedStatus = status;
    // The next try stays where it is, or a stream of NACKs would put it off for ever.
    if (this.#state !== "denied") this.#retryAfter(this.#nextIntervalMs());
    this.#state = "denied";
    const retryInMs = Math.max(0, this.#retryAtMs - this.#options.clock.now());
    this.#options.onEvent({ type: "denied", status, retryInMs });
  }

  #send(): void {
    this.#attempts += 1;
    if (!this.#options.send()) this.#options.onEvent({ type: "send_failed" });
  }

  #nextIntervalMs(): number {
    return Math.max(this.#options.timeoutMs, this.#backoff.next());
  }

  #retryAfter(delayMs: number): void {
    const { clock } = this.#options;
    this.#timer?.[Symbol.dispose]();
    this.#retryAtMs = clock.now() + delayMs;
    this.#timer = clock.setTimer(() => this.#retry(), delayMs);
  }

  #retry(): void {
    const retryInMs = this.#nextIntervalMs();
    this.#retryAfter(retryInMs);
    // After a NACK there was an answer; it is told as `denied` until there is another one.
    if (this.#state === "pending") {
      this.#options.onEvent({ type: "timeout", attempts: this.#attempts, retryInMs });
    }
    this.#send();
  }
}
