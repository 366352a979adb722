import { waitFor } from "../support/wait.ts";
import type { SeriesLabels } from "./prometheus_answer.ts";

/** One alert of a {@linkcode WebhookMessage}. */
export interface WebhookAlert {
  readonly status: "firing" | "resolved";
  readonly labels: SeriesLabels;
  readonly annotations: SeriesLabels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** What Alertmanager sends to a webhook: a group of alerts (format version 4). */
export interface WebhookMessage {
  readonly version: string;
  readonly receiver: string;
  readonly status: "firing" | "resolved";
  readonly groupLabels: SeriesLabels;
  readonly commonLabels: SeriesLabels;
  readonly commonAnnotations: SeriesLabels;
  readonly alerts: readonly WebhookAlert[];
}

/** Far beyond the intervals of tests' rules and groups. */
const longestDeliveryMs = 60_000;

/** An HTTP server on a free loopback port that keeps what Alertmanager posts. */
export class WebhookReceiver implements AsyncDisposable {
  /** What has come, by the path that it was posted to, in order. */
  readonly received: { readonly path: string; readonly message: WebhookMessage }[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Starts to listen. */
  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const message = await request.json() as WebhookMessage;
        this.received.push({ path: new URL(request.url).pathname, message });
        return new Response();
      },
    );
  }

  /** Where to post to: `http://127.0.0.1:PORT`, and any path. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Waits for an alert that has come, in any message, and gives it with that message. */
  async alert(
    wanted: (alert: WebhookAlert, path: string) => boolean,
    what: string,
  ): Promise<{
    readonly alert: WebhookAlert;
    readonly message: WebhookMessage;
    readonly path: string;
  }> {
    return await waitFor(
      () => {
        for (const { path, message } of this.received) {
          const alert = message.alerts.find((each) => wanted(each, path));
          if (alert !== undefined) return { alert, message, path };
        }
        return undefined;
      },
      what,
      longestDeliveryMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
