import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../../tests/support/certificates.ts";
import { metricsClient, metricsListenerConfig } from "../../../tests/support/metrics_client.ts";
import { silentLogger } from "../../../tunnel/log.ts";
import { MetricsListener } from "../../../tunnel/metrics_listener.ts";
import { readPem } from "../../../tunnel/pem.ts";
import { type MetricsTarget, servedMetricsCertificate } from "./served_metrics_certificate.ts";

const options = { timeoutMs: 10_000, signal: new AbortController().signal };

const target = (port: number, { certificatePem, keyPem }: TestIdentity): MetricsTarget => ({
  ...{ hostname: "127.0.0.1", port, certificatePem, keyPem },
});

describe("servedMetricsCertificate", () => {
  it("gives what is presented, whoever has issued it and to whom", async () => {
    using certificates = await TestCertificates.create();
    using others = await TestCertificates.create();
    const config = await metricsListenerConfig(certificates);
    await using listener = MetricsListener.start(config, {
      exposition: () => Promise.resolve(""),
      logger: silentLogger,
    });
    const [expected] = readPem(Deno.readTextFileSync(config.certificateFile));
    for (const issuer of [certificates, others]) {
      const client = await metricsClient(issuer);
      const der = await servedMetricsCertificate(target(listener.address.port, client), options);
      assertEquals(der, expected?.der);
    }
  });

  it("rejects when nothing answers, or not in time", async () => {
    using certificates = await TestCertificates.create();
    const client = await metricsClient(certificates);
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = silent.addr;
    await assertRejects(
      () => servedMetricsCertificate(target(port, client), { ...options, timeoutMs: 100 }),
      Error,
      "no answer within 0.1 s",
    );
    const controller = new AbortController();
    const attempt = servedMetricsCertificate(target(port, client), {
      ...options,
      signal: controller.signal,
    });
    controller.abort(new RangeError("enough"));
    await assertRejects(() => attempt, RangeError, "enough");
    await assertRejects(() => servedMetricsCertificate(target(1, client), options), Error);
  });
});
