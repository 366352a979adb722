import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { processMetrics } from "../tunnel/process_metrics.ts";
import type { QuicEndpoint } from "../tunnel/quic/endpoint.ts";
import { createEndpointStats } from "../tunnel/quic/endpoint_stats.ts";
import { observeEndpoints } from "./endpoint_metrics.ts";
import { createRelayMetrics, dropReasons, limitNames, relayMetrics } from "./metrics.ts";

/** Protocol section 10.2. */
const referenceMetrics = {
  ztna_active_connections: "gauge",
  ztna_relay_bytes_total: "counter",
  ztna_registrations_total: "counter",
  ztna_registration_rejections_total: "counter",
  ztna_datagrams_relayed_total: "counter",
  ztna_signaling_sessions_total: "counter",
  ztna_retry_tokens_validated: "counter",
  ztna_retry_token_failures: "counter",
  ztna_uptime_seconds: "gauge",
};

describe("the relay's metrics", () => {
  it("have the reference's names and kinds, with HELP and TYPE", async () => {
    const exposition = await createRelayMetrics().exposition();
    for (const [name, kind] of Object.entries(referenceMetrics)) {
      assert(exposition.includes(`# TYPE ${name} ${kind}\n`), name);
      assert(new RegExp(`^# HELP ${name} \\S`, "m").test(exposition), name);
      assert(new RegExp(`^${name} 0$`, "m").test(exposition), name);
    }
  });

  it("begin with our prefix otherwise", () => {
    for (const [key, { name }] of Object.entries(relayMetrics)) {
      const isShared = Object.hasOwn(processMetrics, key);
      const isKnown = isShared || Object.hasOwn(referenceMetrics, name);
      assert(isKnown || name.startsWith("ztna_relay_"), name);
    }
  });

  it("show every reason and every bound at 0 from the start", async () => {
    const exposition = await createRelayMetrics().exposition();
    for (const reason of dropReasons) {
      assert(exposition.includes(`ztna_relay_drops_total{reason="${reason}"} 0\n`), reason);
    }
    for (const limit of limitNames) {
      assert(exposition.includes(`ztna_relay_limits_reached_total{limit="${limit}"} 0\n`), limit);
    }
  });
});

describe("observeEndpoints", () => {
  it("shows each of the endpoint's counters in exactly one series", async () => {
    const stats = createEndpointStats();
    const numbers: number[] = [];
    const fill = (record: Record<string, unknown>): void => {
      for (const [key, value] of Object.entries(record)) {
        if (typeof value !== "number") fill(value as Record<string, unknown>);
        else numbers.push(record[key] = 1_000_001 + numbers.length);
      }
    };
    fill(stats as unknown as Record<string, unknown>);
    const metrics = createRelayMetrics();
    const memory = { queuedBytes: 999_998, bufferBytes: 999_997, drops: 999_996 };
    const endpoint = {
      ...{ stats, sendErrors: 999_999 },
      socketMemory: () => memory,
    } as unknown as QuicEndpoint;
    observeEndpoints(metrics, { endpoints: [endpoint], total: (read) => read(endpoint) });
    const exposition = await metrics.exposition();
    for (const number of [...numbers, 999_999, ...Object.values(memory)]) {
      const found = exposition.split("\n").filter((line) => line.endsWith(` ${number}`));
      assertEquals(found.length, 1, `${number} of ${JSON.stringify(stats)}`);
    }
  });

  it("leaves out what the system does not tell of a socket", async () => {
    const metrics = createRelayMetrics();
    const tells = { queuedBytes: 1, bufferBytes: 1, drops: 1 };
    const endpoints = [tells, undefined].map((memory) =>
      ({ stats: createEndpointStats(), socketMemory: () => memory }) as unknown as QuicEndpoint
    );
    observeEndpoints(metrics, { endpoints, total: (read) => read(endpoints[0]!) });
    assert(!/^ztna_relay_socket_/m.test(await metrics.exposition()));
  });
});
