import { cpuUsage } from "node:process";
import { getHeapStatistics } from "node:v8";
import { type Clock, systemClock, type Timer } from "./clock.ts";
import { defineMetrics, type Metrics } from "./metrics.ts";
import { metricsRequestResults } from "./metrics_request.ts";
import { countOpenFiles, maxOpenFiles } from "./open_files.ts";

/**
 * What relay and connector measure of themselves; each spreads it into its own catalogue. The names
 * that begin with `process_` are those of Prometheus' client libraries, so that generic dashboards
 * work.
 */
export const processMetrics = defineMetrics({
  processCpuSeconds: {
    name: "process_cpu_seconds_total",
    kind: "counter",
    topic: "process",
    unit: "seconds",
    help: "CPU time that this process has used, user and system",
    advice:
      "One core is all that a process can use for packets. Near it, spread the services over " +
      "more relays or connectors.",
    thresholds: { warning: 0.7, critical: 0.9 },
  },
  processResidentMemoryBytes: {
    name: "process_resident_memory_bytes",
    kind: "gauge",
    topic: "process",
    unit: "bytes",
    help: "Resident memory of this process",
    advice:
      "Some 80 MiB and 40 KiB for each connection are usual. Growth without connections is a " +
      "leak: restart the program and report it.",
  },
  processOpenFds: {
    name: "process_open_fds",
    kind: "gauge",
    topic: "process",
    limit: "process_max_fds",
    help: "Open file descriptors of this process; missing where they cannot be counted",
    advice:
      "A connector has one for each UDP flow. Near the limit, raise LimitNOFILE of its unit " +
      "or lower max_udp_flows.",
  },
  processMaxFds: {
    name: "process_max_fds",
    kind: "gauge",
    topic: "process",
    help: "Most file descriptors that this process may have open; missing where that can't be told",
    advice: "It is LimitNOFILE of the program's unit.",
  },
  heapUsedBytes: {
    name: "ztna_heap_used_bytes",
    kind: "gauge",
    topic: "process",
    unit: "bytes",
    limit: "ztna_heap_limit_bytes",
    help: "Memory that JavaScript objects use, those that nobody refers to any more included",
    advice:
      "It goes up and down with each collection. Lows that rise without more connections or " +
      "flows are a leak: restart the program and report it.",
  },
  heapLimitBytes: {
    name: "ztna_heap_limit_bytes",
    kind: "gauge",
    topic: "process",
    unit: "bytes",
    help: "Memory that JavaScript objects may use before the program is aborted",
    advice: "V8 derives it from the host's memory. Near it, collections take all CPU: add a host.",
  },
  processStartTimeSeconds: {
    name: "process_start_time_seconds",
    kind: "gauge",
    topic: "lifecycle",
    unit: "seconds",
    reading: "timestamp",
    help: "Start of this process in seconds since 1970",
    advice: "A start that nobody has ordered is a crash: see the journal before it.",
  },
  eventLoopLagSeconds: {
    name: "ztna_event_loop_lag_seconds",
    kind: "histogram",
    topic: "saturation",
    unit: "seconds",
    help: "How late a timer fired that was set once a second; long lags delay every packet",
    advice:
      "Packets wait as long as this. Look for a process that takes the CPU, or more traffic " +
      "than one core carries.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    thresholds: { warning: 0.05, critical: 0.25 },
  },
  metricsRequests: {
    name: "ztna_metrics_requests_total",
    kind: "counter",
    topic: "errors",
    labels: { result: metricsRequestResults },
    help: "Connections to the TLS listener of the metrics by how they ended",
    advice:
      "What is not answered is a stranger, or a Prometheus whose certificate has expired or is " +
      "not the one that this host admits: run `deno task dashboards targets` for a new one.",
  },
  buildInfo: {
    name: "ztna_build_info",
    kind: "gauge",
    topic: "lifecycle",
    reading: "info",
    labels: {
      version: "Version of the program",
      release: "ID of the release, or dev for a checkout",
      // Not "instance", which is Prometheus' own label of a target.
      instance_id: "ID of this process's connection IDs",
    },
    help: "Always 1; its labels say what is running",
    advice:
      "Several releases outside of a deploy are the rest of one that has stopped: run deploy " +
      "again, or rollback.",
  },
});

/** What is running, as `ztna_build_info` says it. */
export interface BuildInfo {
  readonly version: string;
  /** ID of the release, or `dev` for a checkout. */
  readonly release: string;
  /** ID of this process's connection IDs, in hexadecimal. */
  readonly instance: string;
}

/** Where the values come from; tests give their own. */
export interface ProcessReadings {
  /** CPU time used so far, in seconds. */
  cpuSeconds(): number;
  /** Resident memory in bytes. */
  residentBytes(): number;
  /** Open file descriptors, or `undefined` where they cannot be counted. */
  openFds(): number | undefined;
  /** Most that may be open, or `undefined` where that cannot be told. */
  maxFds(): number | undefined;
  /** JavaScript's heap, in bytes. */
  heap(): { readonly used: number; readonly limit: number };
}

/** How often the lag of the event loop is measured, in milliseconds. */
const lagIntervalMs = 1000;

/** The readings of this process. */
export const systemReadings: ProcessReadings = {
  cpuSeconds(): number {
    const { user, system } = cpuUsage();
    return (user + system) / 1e6;
  },
  residentBytes: () => Deno.memoryUsage().rss,
  openFds: countOpenFiles,
  maxFds: maxOpenFiles,
  heap(): ReturnType<ProcessReadings["heap"]> {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return { used, limit };
  },
};

/**
 * Connects a program's process metrics to their sources and measures the event loop until disposed.
 *
 * @param options.startedAt When the process started; now by default.
 */
export function observeProcess(
  metrics: Pick<Metrics<typeof processMetrics>, "counter" | "gauge" | "histogram">,
  build: BuildInfo,
  options: { clock?: Clock; readings?: ProcessReadings; startedAt?: Date } = {},
): Disposable {
  const { clock = systemClock, readings = systemReadings, startedAt = new Date() } = options;
  metrics.counter.processCpuSeconds.observe(() => readings.cpuSeconds());
  metrics.gauge.processResidentMemoryBytes.observe(() => readings.residentBytes());
  metrics.gauge.processOpenFds.observe(() => readings.openFds());
  metrics.gauge.processMaxFds.observe(() => readings.maxFds());
  metrics.gauge.heapUsedBytes.observe(() => readings.heap().used);
  metrics.gauge.heapLimitBytes.observe(() => readings.heap().limit);
  metrics.gauge.processStartTimeSeconds.set(startedAt.getTime() / 1000);
  const { version, release, instance } = build;
  metrics.gauge.buildInfo.labels({ version, release, instance_id: instance }).set(1);

  let timer: Timer;
  const measure = (): void => {
    const dueMs = clock.now() + lagIntervalMs;
    timer = clock.setTimer(() => {
      const lagMs = Math.max(0, clock.now() - dueMs);
      metrics.histogram.eventLoopLagSeconds.observe(lagMs / 1000);
      measure();
    }, lagIntervalMs);
  };
  measure();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
