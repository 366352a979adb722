import { maxAlertsPerRequest, sweepAlerts } from "./alertmanager.ts";
import { type NotifiedSweep, toldKey } from "./change.ts";
import type { DeliveryLimits } from "./delivery.ts";
import { deliver } from "./http_delivery.ts";
import type { ReceiverState } from "./notification_state.ts";
import { type Delivery, failureText, type Receiver } from "./receiver.ts";

/** An Alertmanager, which is told of all problems after every sweep. */
export class AlertmanagerReceiver implements Receiver {
  readonly name: string;
  readonly key: string;
  readonly #url: string;
  readonly #options: { readonly fleet: string; readonly holdMs: number };

  /**
   * @param options.url Where its API's paths begin.
   * @param options.holdMs How long an alert is good that is not sent again.
   */
  constructor(
    name: string,
    key: string,
    { url, fleet, holdMs }: {
      readonly url: string;
      readonly fleet: string;
      readonly holdMs: number;
    },
  ) {
    this.name = name;
    this.key = key;
    this.#url = `${url.replace(/\/+$/, "")}/api/v2/alerts`;
    this.#options = { fleet, holdMs };
  }

  /** Nothing has to be kept: the next sweep sends all again. */
  prepare(state: ReceiverState): ReceiverState {
    return state;
  }

  async deliver(
    state: ReceiverState,
    sweep: NotifiedSweep,
    limits: DeliveryLimits,
  ): Promise<Delivery> {
    const before = new Map(state.told.map((problem) => [toldKey(problem), problem]));
    const { told, alerts } = sweepAlerts(before, sweep, { ...this.#options, nowMs: Date.now() });
    const after = (known: ReadonlyMap<string, ReceiverState["told"][number]>): ReceiverState => ({
      ...{ ...state, sweepMs: sweep.startedMs },
      told: [...known.values()],
    });
    try {
      for (let at = 0; at < alerts.length; at += maxAlertsPerRequest) {
        const body = JSON.stringify(alerts.slice(at, at + maxAlertsPerRequest));
        const headers = { "content-type": "application/json" };
        await deliver(this.#url, () => ({ method: "POST", headers, body }), limits);
      }
      return { state: after(told), failure: undefined };
    } catch (error) {
      // What may have arrived is to be ended one day, too.
      return { state: after(new Map([...told, ...before])), failure: failureText(error) };
    }
  }
}
