import type { EventSink } from "../engine/run/event.ts";
import type { Operator } from "../fleet/audit_script.ts";
import { integerOf } from "./answer.ts";
import type { GrafanaAccess } from "./grafana_access.ts";
import { GrafanaClient } from "./grafana_client.ts";
import { type RunRegion, RunRegions } from "./run_regions.ts";

/** How long Grafana may take for one annotation, in ms, and for what is left when a run ends. */
const requestTimeoutMs = 3_000;
const closeTimeoutMs = 3_000;
/** Annotations that may wait for Grafana; a run of more hosts at a time does without the others. */
const maxWaiting = 1_000;
/** Failures in a row after which Grafana is left alone. */
const maxFailures = 3;

/** How annotations are written. */
export interface AnnotationWriterOptions {
  readonly access: GrafanaAccess;
  /** Who runs the command. */
  readonly operator: Operator;
  /** Gets the first problem, and no other; safe to print. */
  readonly warn: (text: string) => void;
  /** For tests; by default as the constants above say. */
  readonly requestTimeoutMs?: number;
  readonly closeTimeoutMs?: number;
}

/**
 * Writes when a run and each of its restarts were into Grafana, as annotations that its graphs show:
 * each when it begins, and again with its end and outcome when it ends. The run never waits for it
 * and never fails by it; what Grafana does not take is left out.
 */
export class AnnotationWriter implements AsyncDisposable {
  readonly #regions: RunRegions;
  readonly #client: GrafanaClient;
  readonly #warn: (text: string) => void;
  readonly #closeTimeoutMs: number;
  readonly #abort = new AbortController();
  /** Regions that Grafana does not have as they are. */
  #waiting: RunRegion[] = [];
  /** The run's own region with its end; comes before all others. */
  #last: RunRegion | undefined;
  readonly #ids = new Map<RunRegion, number>();
  #working: Promise<void> | undefined;
  #failures = 0;
  #hasWarned = false;

  constructor(options: AnnotationWriterOptions) {
    this.#regions = new RunRegions(options.operator);
    this.#warn = options.warn;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? closeTimeoutMs;
    // Not the run's own signal: that it was interrupted is to be written, too.
    this.#client = new GrafanaClient(options.access, {
      signal: this.#abort.signal,
      timeoutMs: options.requestTimeoutMs ?? requestTimeoutMs,
    });
  }

  /** The sink. */
  readonly sink: EventSink = (event) => {
    const isEnd = event.type === "run_finished";
    for (const [at, region] of this.#regions.apply(event).entries()) {
      // The run's own region tells the most.
      this.#enqueue(region, isEnd && at === 0);
    }
  };

  /** Waits a short while for what is not written yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#working === undefined) return;
    const timer = setTimeout(() => {
      this.#problem(new Error(`Grafana took more than ${this.#closeTimeoutMs / 1000} s`));
      this.#abort.abort();
    }, this.#closeTimeoutMs);
    await this.#working;
    clearTimeout(timer);
  }

  #enqueue(region: RunRegion, isLast: boolean): void {
    if (isLast) {
      // Worth one attempt, even of a Grafana that was not well before.
      this.#last = region;
      this.#waiting = this.#waiting.filter((waiting) => waiting !== region);
    } else {
      if (this.#failures >= maxFailures || this.#waiting.includes(region)) return;
      if (this.#waiting.length >= maxWaiting) {
        return this.#problem(new Error(`more than ${maxWaiting} annotations wait for Grafana`));
      }
      this.#waiting.push(region);
    }
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    // In the next turn: the run goes on first.
    await Promise.resolve();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      try {
        await this.#write(next);
        this.#failures = 0;
      } catch (error) {
        this.#problem(error);
        this.#failures++;
        if (this.#failures >= maxFailures) this.#waiting = [];
      }
    }
    this.#working = undefined;
  }

  /** What is written next; nothing any more when the time for it is over. */
  #next(): RunRegion | undefined {
    if (this.#abort.signal.aborted) return undefined;
    const last = this.#last;
    this.#last = undefined;
    return last ?? this.#waiting.shift();
  }

  async #write(region: RunRegion): Promise<void> {
    const { time, timeEnd, text, tags } = region;
    const id = this.#ids.get(region);
    const what = "write an annotation";
    const end = timeEnd === undefined ? {} : { timeEnd };
    if (id !== undefined) {
      const path = `/api/annotations/${id}`;
      await this.#client.request({ method: "PATCH", path, what, body: { ...end, text } });
      return;
    }
    const body = { time, ...end, tags, text };
    const answer = await this.#client.request({
      ...{ method: "POST", path: "/api/annotations", what, body },
    });
    const given = integerOf(answer, "id");
    if (given !== undefined) this.#ids.set(region, given);
  }

  /** One warning is enough: the run is what counts. */
  #problem(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#warn(`Grafana does not show this run, or not all of it: ${reason}`);
  }
}
