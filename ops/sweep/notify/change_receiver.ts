import { nextNotifications, type NotifiedChange, type NotifiedSweep, toldKey } from "./change.ts";
import type { DeliveryLimits } from "./delivery.ts";
import { type ReceiverState, withPending } from "./notification_state.ts";
import { type Delivery, failureText, type Receiver } from "./receiver.ts";

/** What a receiver of changes is. */
export interface ChangeReceiverOptions extends Pick<Receiver, "name" | "key"> {
  /** Most changes of one message. */
  readonly maxChanges: number;
  /**
   * Sends some.
   *
   * @param dropped Changes before these that were too many to keep.
   * @throws {DeliveryError} when they did not arrive.
   */
  readonly send: (
    changes: readonly NotifiedChange[],
    dropped: number,
    limits: DeliveryLimits,
  ) => Promise<void>;
}

/** One that is told of what has changed, and of nothing when nothing has. */
export class ChangeReceiver implements Receiver {
  readonly name: string;
  readonly key: string;
  readonly #options: ChangeReceiverOptions;

  constructor(options: ChangeReceiverOptions) {
    this.name = options.name;
    this.key = options.key;
    this.#options = options;
  }

  prepare(state: ReceiverState, sweep: NotifiedSweep): ReceiverState {
    const before = new Map(state.told.map((problem) => [toldKey(problem), problem]));
    const { told, changes } = nextNotifications(before, sweep);
    return { sweepMs: sweep.startedMs, told: [...told.values()], ...withPending(state, changes) };
  }

  async deliver(
    state: ReceiverState,
    _sweep: NotifiedSweep,
    limits: DeliveryLimits,
  ): Promise<Delivery> {
    const { maxChanges, send } = this.#options;
    let left = state;
    while (left.pending.length > 0) {
      try {
        await send(left.pending.slice(0, maxChanges), left.dropped, limits);
      } catch (error) {
        return { state: left, failure: failureText(error) };
      }
      const pending = maxChanges === Infinity ? [] : left.pending.slice(maxChanges);
      left = { ...left, pending, dropped: 0 };
    }
    return { state: left, failure: undefined };
  }
}
