import type { NotifiedSweep } from "./change.ts";
import { DeliveryError, type DeliveryLimits } from "./delivery.ts";
import type { ReceiverState } from "./notification_state.ts";

/** Who hears of sweeps. */
export interface Receiver {
  /** What messages call it: without what may be a secret in its address. */
  readonly name: string;
  /** Its key among the states. */
  readonly key: string;
  /** What it has when a sweep is over: written down before anything is sent. */
  prepare(state: ReceiverState, sweep: NotifiedSweep): ReceiverState;
  /** Sends what is to be sent. */
  deliver(state: ReceiverState, sweep: NotifiedSweep, limits: DeliveryLimits): Promise<Delivery>;
}

/** What a delivery has come to. */
export interface Delivery {
  readonly state: ReceiverState;
  /** Why not all was delivered; `undefined` when it was. */
  readonly failure: string | undefined;
}

/** What receivers can't help; all else is a fault of ours. */
export function failureText(error: unknown): string {
  if (error instanceof DeliveryError) return error.message;
  throw error;
}
