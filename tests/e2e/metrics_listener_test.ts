import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Connector } from "../../connector/connector.ts";
import type { Relay } from "../../relay/relay.ts";
import { ConfigError } from "../../tunnel/errors.ts";
import type { MetricsListenerConfig } from "../../tunnel/metrics_listener.ts";
import type { TestIdentity } from "../support/certificates.ts";
import { askMetrics, metricsClient, metricsListenerConfig } from "../support/metrics_client.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";

const programs = [
  {
    program: "relay",
    start: (
      lab: TunnelLab,
      metricsListener: MetricsListenerConfig,
    ): Promise<Relay | Connector> => lab.openRelay({ metricsListener }),
  },
  {
    program: "connector",
    start: async (
      lab: TunnelLab,
      metricsListener: MetricsListenerConfig,
    ): Promise<Relay | Connector> =>
      await lab.connector(
        await lab.openRelay(),
        { a: lab.backend() },
        { config: { metricsListener } },
      ),
  },
] as const;

for (const { program, start } of programs) {
  describe(`the ${program}'s metrics listener`, () => {
    const ask = (
      lab: TunnelLab,
      running: Relay | Connector,
      identity: TestIdentity,
    ): ReturnType<typeof askMetrics> =>
      askMetrics({
        port: running.metricsAddress!.port,
        caPem: lab.certificates.caPem,
        identity,
      });

    it("shows what the admin endpoints show", async () => {
      await using lab = await TunnelLab.create();
      const running = await start(lab, await metricsListenerConfig(lab.certificates));
      assertEquals(running.adminAddress, undefined);
      const { status, body } = await ask(lab, running, await metricsClient(lab.certificates));
      assertEquals(status, 200);
      assertStringIncludes(body, "\nztna_build_info{");
      const again = await ask(lab, running, await metricsClient(lab.certificates));
      assertStringIncludes(again.body, 'ztna_metrics_requests_total{result="answered"} 1\n');
    });

    it("answers every scrape while its certificate is replaced and reloaded", async () => {
      await using lab = await TunnelLab.create();
      const running = await start(lab, await metricsListenerConfig(lab.certificates));
      const prometheus = await metricsClient(lab.certificates);
      const statuses: number[] = [];
      for (let count = 0; count < 5; count++) {
        const scrapes = Array.from({ length: 4 }, () => ask(lab, running, prometheus));
        await metricsListenerConfig(lab.certificates);
        await running.reload();
        statuses.push(...(await Promise.all(scrapes)).map(({ status }) => status));
      }
      assertEquals(new Set(statuses), new Set([200]));
    });

    it("keeps the files that it has when new ones are bad", async () => {
      await using lab = await TunnelLab.create();
      const config = await metricsListenerConfig(lab.certificates);
      const running = await start(lab, config);
      const prometheus = await metricsClient(lab.certificates);
      Deno.writeTextFileSync(config.keyFile, "");
      await running.reload();
      assertEquals((await ask(lab, running, prometheus)).status, 200);
    });

    it("keeps the program from starting when its files are bad", async () => {
      await using lab = await TunnelLab.create();
      const config = await metricsListenerConfig(lab.certificates);
      await assertRejects(
        () => start(lab, { ...config, caFile: "/nowhere/ca.pem" }),
        ConfigError,
        "/nowhere/ca.pem",
      );
    });
  });
}
