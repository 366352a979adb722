import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { titleOf } from "./description.ts";

const metric = (own: Partial<MetricDefinition>): MetricDefinition => ({
  name: "ztna_relay_flows",
  kind: "counter",
  topic: "traffic",
  help: "Flows",
  advice: "None.",
  ...own,
});

describe("titleOf", () => {
  const titles: Readonly<Record<string, Partial<MetricDefinition>>> = {
    Flows: {},
    "UDP flows": { name: "ztna_connector_udp_flows" },
    CPU: { name: "process_cpu_seconds_total", unit: "seconds" },
    "Resident memory": { name: "process_resident_memory_bytes", unit: "bytes", kind: "gauge" },
    "Sent bytes": { name: "ztna_relay_sent_bytes_total", unit: "bytes" },
    "DATAGRAMs relayed": { name: "ztna_datagrams_relayed_total" },
    "Drops by reason": { name: "ztna_relay_drops_total", labels: { reason: ["a"] } },
    "Drops by service": { name: "ztna_relay_service_drops_total", labels: { service: "ID" } },
    "Services": { name: "ztna_relay_services", kind: "gauge" },
    "Flows by service, protocol and direction": {
      labels: { service: "ID", protocol: ["udp"], direction: ["sent"] },
    },
    "Closed flows by whom": { name: "ztna_relay_closed_flows_total", labels: { by: ["peer"] } },
    "Outage": {
      name: "ztna_outage_seconds",
      unit: "seconds",
      kind: "histogram",
      labels: { a: "" },
    },
    "Build info": { name: "ztna_build_info", reading: "info", labels: { release: "ID" } },
  };
  for (const [title, own] of Object.entries(titles)) {
    it(`makes "${title}" of ${own.name ?? "ztna_relay_flows"}`, () => {
      assertEquals(titleOf(metric(own)), title);
    });
  }
});
