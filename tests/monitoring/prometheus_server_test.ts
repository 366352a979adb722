import { assertEquals, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { describe, it } from "@std/testing/bdd";
import { commandLinesWith } from "../support/process_list.ts";
import { waitForAnswer } from "../support/wait.ts";
import { PrometheusServer, skipWithoutPrometheus } from "./prometheus_server.ts";

const configuration = `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yaml]
scrape_configs:
- job_name: file
  file_sd_configs: [{ files: [targets.json], refresh_interval: 1s }]
`;

const rules = `
groups:
- name: test
  rules:
  - { record: "test:up:sum", expr: sum(up) }
  - { alert: Down, expr: up == 0, labels: { severity: critical } }
`;

describe("PrometheusServer", { skip: skipWithoutPrometheus() }, () => {
  it("scrapes, records, alerts and answers, and leaves nothing behind", async () => {
    let directory = "";
    {
      await using server = await PrometheusServer.start({
        configuration,
        files: { "rules.yaml": rules, "targets.json": "[]" },
      });
      directory = server.directory;
      assertEquals(commandLinesWith(directory).length, 1);
      const self = server.url.replace("http://", "");
      server.write(
        "targets.json",
        JSON.stringify([
          { targets: [self], labels: { instance: "itself" } },
          { targets: ["127.0.0.1:1"], labels: { instance: "nobody" } },
        ]),
      );
      await waitForAnswer(() => server.value("test:up:sum == 1"), "the recording rule");
      const [alert] = await waitForAnswer(async () => {
        const alerts = await server.alerts();
        return alerts.length > 0 && alerts;
      }, "the alert");
      assertEquals([alert?.state, alert?.labels["instance"]], ["firing", "nobody"]);
      assertEquals((await server.query('up{instance="itself"}'))[0]?.value, 1);
      assertEquals(await server.value("-1 / 0"), -Infinity);
      assertEquals(await server.labelValues("instance", "up"), ["itself", "nobody"]);
      assertEquals((await server.rules()).map(({ health }) => health), ["ok", "ok"]);
      const health = (await server.targets()).map(({ labels, health }) => [
        labels["instance"],
        health,
      ]);
      assertEquals(health.sort(), [["itself", "up"], ["nobody", "down"]]);
      const end = Date.now() / 1000;
      const [series] = await server.queryRange("vector(2)", { start: end - 4, end, step: 2 });
      assertEquals(series?.points.map(({ value }) => value), [2, 2, 2]);
    }
    assertEquals([existsSync(directory), commandLinesWith(directory)], [false, []]);
  });

  it("says in Prometheus' words what is wrong with an expression or a configuration", async () => {
    const files = { "rules.yaml": rules, "targets.json": "[]" };
    await using server = await PrometheusServer.start({ configuration, files });
    await assertRejects(() => server.query("sum("), Error, "parse error");
    await assertRejects(() => server.reload("nonsense: 1"), Error, "nonsense");
    await assertRejects(
      () => PrometheusServer.start({ configuration: "nonsense: 1" }),
      Error,
      "nonsense",
    );
  });
});
