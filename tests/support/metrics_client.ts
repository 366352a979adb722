import { metricsClientCertificate, serverCertificate } from "../../ops/pki/certificate_request.ts";
import type { MetricsListenerConfig } from "../../tunnel/metrics_listener.ts";
import { defaultMetricsClient } from "../../tunnel/metrics_request.ts";
import type { TestCertificates, TestIdentity } from "./certificates.ts";

/** The configuration of a metrics listener on a free loopback port. */
export async function metricsListenerConfig(
  certificates: TestCertificates,
): Promise<MetricsListenerConfig> {
  const request = serverCertificate("metrics", "metrics.host", ["127.0.0.1"]);
  const { certificateFile, keyFile } = await certificates.issue("metrics", request);
  return {
    hostname: "127.0.0.1",
    port: 0,
    ...{ certificateFile, keyFile, caFile: certificates.caFile },
    client: defaultMetricsClient,
  };
}

/** The certificate of a Prometheus that may read metrics as `client`. */
export function metricsClient(
  certificates: TestCertificates,
  client = defaultMetricsClient,
): Promise<TestIdentity> {
  return certificates.issue(client, metricsClientCertificate(client, [client]));
}

/** How a listener is asked. */
export interface MetricsQuestion {
  readonly port: number;
  /** Whom the client trusts. */
  readonly caPem: string;
  /** What it shows; nothing by default. */
  readonly identity?: TestIdentity;
  readonly path?: string;
  readonly method?: string;
}

/** Status and body of the answer. @throws when there is none. */
export async function askMetrics(
  { port, caPem, identity, path = "/metrics", method = "GET" }: MetricsQuestion,
): Promise<{ readonly status: number; readonly body: string }> {
  using client = Deno.createHttpClient({
    caCerts: [caPem],
    ...identity && { cert: identity.certificatePem, key: identity.keyPem },
    poolMaxIdlePerHost: 0,
  });
  const response = await fetch(`https://127.0.0.1:${port}${path}`, { client, method });
  return { status: response.status, body: await response.text() };
}
