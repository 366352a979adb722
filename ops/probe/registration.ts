import type { RegistrationReply } from "../../tunnel/wire/datagram_message.ts";

/** A registration without an answer is sent again after so long (protocol section 2.5). */
export const registrationTimeoutMs = 2000;
/** Sends of one registration before the relay counts as silent (protocol section 2.5). */
export const registrationSends = 3;

/** Where a registration stands. `silent`: all sends went unanswered. */
export type RegistrationState = "new" | "pending" | "registered" | "denied" | "silent";

/**
 * One service's registration on one connection, as protocol section 2.5 has it: ACK and NACK are
 * unreliable DATAGRAMs, so an unanswered registration is repeated. Pure; `poll` says what to do.
 */
export class Registration {
  readonly serviceId: string;
  #state: RegistrationState = "new";
  #status = 0;
  #sends = 0;
  #lastSentMs = 0;

  constructor(serviceId: string) {
    this.serviceId = serviceId;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** The status byte of the NACK, when denied; otherwise 0. */
  get status(): number {
    return this.#status;
  }

  /** When to call `poll` next; `Infinity` when nothing is awaited. */
  get nextPollMs(): number {
    if (this.#state === "new") return -Infinity;
    return this.#state === "pending" ? this.#lastSentMs + registrationTimeoutMs : Infinity;
  }

  /** Whether to send the registration now; it then counts as sent. */
  poll(nowMs: number): "send" | "wait" {
    if (nowMs < this.nextPollMs) return "wait";
    if (this.#sends === registrationSends) {
      this.#state = "silent";
      return "wait";
    }
    this.#state = "pending";
    this.#sends += 1;
    this.#lastSentMs = nowMs;
    return "send";
  }

  /** The relay's answer; one for another service changes nothing. A late ACK still counts. */
  answer(reply: RegistrationReply): void {
    if (reply.serviceId !== this.serviceId || this.#state === "new") return;
    if (reply.accepted) {
      this.#state = "registered";
    } else if (this.#state === "pending" || this.#state === "silent") {
      this.#state = "denied";
      this.#status = reply.status;
    }
  }

  /** A new connection: everything starts anew. */
  reset(): void {
    this.#state = "new";
    this.#status = 0;
    this.#sends = 0;
  }
}
