import { skipWithout } from "../support/debian_program.ts";
import { Daemon } from "./daemon.ts";
import { parseSample, type PrometheusAnswer, type RawResult } from "./prometheus_answer.ts";
import type {
  PrometheusAlert,
  PrometheusRule,
  PrometheusTarget,
  RangeSeries,
  Sample,
} from "./prometheus_answer.ts";

const program = "/usr/bin/prometheus";

/** Why tests with a Prometheus are left out here, or `false` when they can run. */
export function skipWithoutPrometheus(): string | false {
  return skipWithout(program, "prometheus");
}

/** How a {@linkcode PrometheusServer} is configured. */
export interface PrometheusServerOptions {
  /** The text of `prometheus.yaml`; relative paths in it are those of `files`. */
  readonly configuration: string;
  /** Further files, such as rules and targets, by their paths beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A span of time and its step, in seconds since 1970. */
export interface QueryRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Debian's Prometheus on a free loopback port, with a storage that goes with it. */
export class PrometheusServer implements AsyncDisposable {
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** Starts one, and waits until it is ready. */
  static async start(options: PrometheusServerOptions): Promise<PrometheusServer> {
    const daemon = await Daemon.start({
      program,
      args: [
        "--config.file=@/prometheus.yaml",
        "--storage.tsdb.path=@/data",
        "--web.enable-lifecycle",
        // What fires before it has found its Alertmanager comes again so soon, not in a minute.
        "--rules.alert.resend-delay=1s",
      ],
      files: { ...options.files, "prometheus.yaml": options.configuration },
    });
    return new PrometheusServer(daemon);
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.#daemon.url;
  }

  /** Where its files are. */
  get directory(): string {
    return this.#daemon.directory;
  }

  /**
   * Evaluates an expression, now unless told otherwise; a scalar is one sample without labels.
   *
   * @param time Seconds since 1970.
   * @throws when Prometheus can't evaluate it, with its words.
   */
  async query(expression: string, time?: number): Promise<Sample[]> {
    const result = await this.#get<RawResult>("/api/v1/query", {
      query: expression,
      ...(time !== undefined && { time: String(time) }),
    });
    if (result.resultType === "scalar") return [parseSample({ metric: {}, value: result.result })];
    if (result.resultType !== "vector") {
      throw new Error(`Cannot use the answer to ${expression}: it is a ${result.resultType}`);
    }
    return result.result.map(parseSample);
  }

  /** The value of an expression that has one sample, or `undefined` when it has none. */
  async value(expression: string, time?: number): Promise<number | undefined> {
    const samples = await this.query(expression, time);
    if (samples.length > 1) {
      throw new Error(`Cannot tell the value of ${expression} as it has ${samples.length} samples`);
    }
    return samples[0]?.value;
  }

  /**
   * Evaluates an expression over time, as a panel does.
   *
   * @throws when Prometheus can't evaluate it, with its words.
   */
  async queryRange(expression: string, range: QueryRange): Promise<RangeSeries[]> {
    const { start, end, step } = range;
    const { result } = await this.#get<{
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly values: readonly (readonly [number, string])[];
      }[];
    }>("/api/v1/query_range", {
      query: expression,
      start: String(start),
      end: String(end),
      step: String(step),
    });
    return result.map(({ metric, values }) => ({
      labels: metric,
      points: values.map((value) => {
        const { time, value: number } = parseSample({ metric, value });
        return { time, value: number };
      }),
    }));
  }

  /** The values that a label has on series that `selector` matches; on all without one. */
  async labelValues(label: string, selector?: string): Promise<readonly string[]> {
    return await this.#get<string[]>(
      `/api/v1/label/${encodeURIComponent(label)}/values`,
      selector === undefined ? {} : { "match[]": selector },
    );
  }

  /** What it scrapes. */
  async targets(): Promise<readonly PrometheusTarget[]> {
    const answer = await this.#get<{ readonly activeTargets: PrometheusTarget[] }>(
      "/api/v1/targets",
      { state: "active" },
    );
    return answer.activeTargets;
  }

  /** Its rules, recording and alerting, and how their last evaluations went. */
  async rules(): Promise<readonly PrometheusRule[]> {
    const answer = await this.#get<
      { readonly groups: readonly { readonly rules: readonly PrometheusRule[] }[] }
    >("/api/v1/rules", {});
    return answer.groups.flatMap(({ rules }) => rules);
  }

  /** Alerts that are pending or firing. */
  async alerts(): Promise<readonly PrometheusAlert[]> {
    return (await this.#get<{ readonly alerts: PrometheusAlert[] }>("/api/v1/alerts", {})).alerts;
  }

  /** Writes a file beside the configuration; targets of `file_sd` count at once. */
  write(path: string, text: string): void {
    this.#daemon.write(path, text);
  }

  /**
   * Reads configuration and rules again.
   *
   * @param configuration Replaces the present one first.
   * @throws when Prometheus refuses it, with its words.
   */
  async reload(configuration?: string): Promise<void> {
    if (configuration !== undefined) this.write("prometheus.yaml", configuration);
    const response = await fetch(`${this.url}/-/reload`, { method: "POST" });
    const text = await response.text();
    if (!response.ok) throw new Error(`Cannot reload Prometheus: ${text.trim()}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#daemon[Symbol.asyncDispose]();
  }

  async #get<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const response = await fetch(`${this.url}${path}?${new URLSearchParams(parameters)}`);
    const answer = await response.json() as PrometheusAnswer<T>;
    if (answer.status === "success") return answer.data;
    const { query = path } = parameters;
    throw new Error(`Cannot evaluate ${query}: ${answer.errorType}: ${answer.error}`);
  }
}
