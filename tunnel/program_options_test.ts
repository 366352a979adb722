import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "./errors.ts";
import { defineProgram, parseOptions } from "./options.ts";
import type { MetricsListenerConfig } from "./metrics_listener.ts";
import { metricsListenerOf, metricsTlsOptions, metricsTlsPortOption } from "./program_options.ts";

const files = {
  metrics_tls_cert: "/tls/m.pem",
  metrics_tls_key: "/tls/m.key",
  metrics_tls_ca: "/tls/ca.pem",
};

const program = defineProgram({
  name: "it",
  summary: "A program with a metrics listener",
  version: "1",
  configFiles: [],
  options: { ...metricsTlsOptions, metricsTlsPort: { ...metricsTlsPortOption, default: 9490 } },
});

function read(
  config: Readonly<Record<string, unknown>>,
  argv: readonly string[] = [],
): { listener: MetricsListenerConfig | undefined; mistakes: string[] } {
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  const parsed = parseOptions(program, ["--config", "x.json", ...argv], () => bytes);
  if (parsed.kind !== "run") throw new Error(`It is ${parsed.kind}`);
  const mistakes: string[] = [];
  return { listener: metricsListenerOf(parsed.values, mistakes), mistakes };
}

describe("the options of the metrics listener", () => {
  it("leave it off unless an address is given", () => {
    assertEquals(read(files), { listener: undefined, mistakes: [] });
  });

  it("come from the file or from flags", () => {
    const expected = {
      hostname: "::",
      port: 9490,
      certificateFile: "/tls/m.pem",
      keyFile: "/tls/m.key",
      caFile: "/tls/ca.pem",
      client: "prometheus",
    };
    const bind = { metrics_tls_bind: "[::]" };
    assertEquals(read({ ...files, ...bind }), { listener: expected, mistakes: [] });
    const flags = ["--metrics-tls-port", "9", "--metrics-tls-client", "eu-2"];
    assertEquals(read({ ...files, ...bind }, flags).listener, {
      ...expected,
      port: 9,
      client: "eu-2",
    });
  });

  it("refuse a client that no certificate could name", () => {
    for (const client of ["", "Prometheus", "a.b", "a b", "-a", "a".repeat(41)]) {
      assertThrows(() => read({ metrics_tls_client: client }), ConfigError, "40");
    }
  });

  it("say by flag and key which file is missing, all at once", () => {
    const { mistakes } = read({ metrics_tls_bind: "0.0.0.0" });
    assertEquals(mistakes.length, 3);
    for (const name of ["cert", "key", "ca"]) {
      assertStringIncludes(
        mistakes.join("\n"),
        `"--metrics-tls-${name}" ("metrics_tls_${name}")`,
      );
    }
  });
});
