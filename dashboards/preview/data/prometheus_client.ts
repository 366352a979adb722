import * as v from "valibot";
import { ConfigError, ZtnaError } from "../../../tunnel/errors.ts";
import { quote, truncate } from "../../../tunnel/printable.ts";
import { readBoundedText } from "../../bounded_text.ts";
import { withSortedKeys } from "../../sorted_keys.ts";
import { durationSeconds } from "./duration.ts";
import type { DataSource, Point, Series, TimeRange } from "./source.ts";

/** Prometheus did not answer a query, or not with what was asked for. */
export class PrometheusError extends ZtnaError {
  override readonly code = "PROMETHEUS";
}

/** How the client asks. */
export interface PrometheusClientOptions {
  /** Ends all queries. */
  readonly signal?: AbortSignal;
  /** Longest time for one answer, in ms; 30 s by default. */
  readonly timeoutMs?: number;
  /** Longest answer in bytes; 16 MiB by default, thousands of series of an hour. */
  readonly maxAnswerBytes?: number;
  /** Queries at the same time; 4 by default, as Prometheus lets few run at once. */
  readonly concurrency?: number;
}

const labelsSchema = v.record(v.string(), v.string());
const sampleSchema = v.tuple([v.number(), v.string()]);
const resultSchema = v.variant("resultType", [
  v.object({
    resultType: v.literal("matrix"),
    result: v.array(
      v.object({ metric: labelsSchema, values: v.optional(v.array(sampleSchema), []) }),
    ),
  }),
  v.object({
    resultType: v.literal("vector"),
    result: v.array(v.object({ metric: labelsSchema, value: v.optional(sampleSchema) })),
  }),
  v.object({ resultType: v.literal("scalar"), result: sampleSchema }),
]);
const targetsSchema = v.object({
  activeTargets: v.array(v.object({ scrapeInterval: v.optional(v.string(), "") })),
});
const answerSchema = v.object({
  status: v.string(),
  data: v.optional(v.unknown()),
  error: v.optional(v.string(), ""),
});

/** The HTTP API of a Prometheus, or of what speaks as one (Mimir, Thanos, VictoriaMetrics). */
export class PrometheusClient implements DataSource {
  readonly #base: URL;
  readonly #headers: Headers;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;
  readonly #turns: Turns;

  /**
   * @param url As `http://HOST:9090`; a path stays in front of the API's, and a user and password
   *   are sent as such.
   * @throws ConfigError when it is no URL.
   */
  constructor(url: string, options: PrometheusClientOptions = {}) {
    const { signal, timeoutMs = 30_000, maxAnswerBytes = 16 << 20, concurrency = 4 } = options;
    const parsed = URL.parse(url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new ConfigError(
        `Cannot query Prometheus as its address must be an http or https URL: current value is ` +
          `${quote(url)}, give one like "http://127.0.0.1:9090"`,
      );
    }
    this.#headers = new Headers({ accept: "application/json" });
    if (parsed.username !== "") {
      const [user, password] = [parsed.username, parsed.password].map(decodeURIComponent);
      const bytes = new TextEncoder().encode(`${user}:${password}`);
      this.#headers.set("authorization", `Basic ${bytes.toBase64()}`);
    }
    parsed.username =
      parsed.password =
      parsed.search =
      parsed.hash =
        "";
    if (!parsed.pathname.endsWith("/")) parsed.pathname += "/";
    this.#base = parsed;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#turns = new Turns(concurrency);
  }

  /** Its address as it can be shown: without a password. */
  get url(): string {
    return this.#base.href;
  }

  async queryRange(query: string, { start, end }: TimeRange, step: number): Promise<Series[]> {
    return readSeries(
      await this.#ask("query_range", { query, start: `${start}`, end: `${end}`, step: `${step}` }),
    );
  }

  async query(query: string, time: number): Promise<Series[]> {
    return readSeries(await this.#ask("query", { query, time: `${time}` }));
  }

  async labelValues(
    label: string,
    selector: string | undefined,
    { start, end }: TimeRange,
  ): Promise<string[]> {
    const path = `label/${encodeURIComponent(label)}/values`;
    const match = selector === undefined ? {} : { "match[]": selector };
    return read(
      v.array(v.string()),
      await this.#ask(path, { ...match, start: `${start}`, end: `${end}` }, "GET"),
    );
  }

  async scrapeInterval(): Promise<number | undefined> {
    const { activeTargets } = read(
      targetsSchema,
      await this.#ask("targets", { state: "active" }, "GET"),
    );
    const seconds = activeTargets.map((target) => durationSeconds(target.scrapeInterval));
    const known = seconds.filter((value): value is number => value !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** The `data` of an answer. */
  async #ask(path: string, parameters: Record<string, string>, method = "POST"): Promise<unknown> {
    using _turn = await this.#turns.take();
    const url = new URL(`api/v1/${path}`, this.#base);
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = this.#signal === undefined ? timeout : AbortSignal.any([this.#signal, timeout]);
    const body = new URLSearchParams(parameters);
    if (method === "GET") url.search = body.toString();
    let text: string;
    try {
      const response = await fetch(url, {
        method,
        headers: this.#headers,
        signal,
        redirect: "error",
        ...(method === "POST" && { body }),
      });
      text = await readBounded(response, this.#maxAnswerBytes);
      return readAnswer(text, response.status);
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof PrometheusError) throw error;
      const reason = timeout.aborted
        ? `it must answer within ${this.#timeoutMs / 1000} s`
        : "it must answer";
      throw new PrometheusError(
        `Cannot query Prometheus as ${reason}: current value is ${quote(String(error), 200)}, ` +
          `see whether ${this.url} is right`,
        { cause: error },
      );
    }
  }
}

function readAnswer(text: string, httpStatus: number): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new PrometheusError(
      `Cannot query Prometheus as it must answer with JSON: current value is HTTP ${httpStatus} ` +
        `with ${quote(text)}, see whether the address is right`,
    );
  }
  const answer = read(answerSchema, json);
  if (answer.status === "success") return answer.data;
  throw new PrometheusError(truncate(answer.error || `HTTP ${httpStatus}`, 500));
}

function read<S extends v.GenericSchema>(schema: S, json: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const { received, expected } = result.issues[0];
  throw new PrometheusError(
    `Cannot read Prometheus' answer as it must be of its API v1: current value is ` +
      `${truncate(received, 100)} instead of ${expected}`,
  );
}

function readSeries(data: unknown): Series[] {
  const answer = read(resultSchema, data);
  if (answer.resultType === "scalar") return [{ labels: {}, points: [point(answer.result)] }];
  if (answer.resultType === "matrix") {
    return answer.result.map(({ metric, values }) => ({
      labels: metric,
      points: values.map(point),
    })).sort((a, b) => labelText(a) < labelText(b) ? -1 : 1);
  }
  return answer.result.flatMap(({ metric, value }) =>
    value === undefined ? [] : [{ labels: metric, points: [point(value)] }]
  );
}

/** Prometheus gives ranges in any order; the same data must have the same colours. */
function labelText({ labels }: Series): string {
  return JSON.stringify(withSortedKeys(labels));
}

function point([seconds, text]: readonly [number, string]): Point {
  if (text === "+Inf") return [seconds, Infinity];
  if (text === "-Inf") return [seconds, -Infinity];
  return [seconds, Number(text)];
}

/** Reads a body to its end. */
async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const text = await readBoundedText(response, maxBytes);
  if (text !== undefined) return text;
  throw new PrometheusError(
    `Cannot draw an answer of Prometheus as it may have at most ${maxBytes} bytes: current ` +
      "value is more, select less with --var or a shorter --range",
  );
}

/** Lets so many go at a time; the others wait in their order. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<Disposable> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return {
      [Symbol.dispose]: (): void => {
        const next = this.#waiting.shift();
        if (next === undefined) this.#free++;
        else next();
      },
    };
  }
}
