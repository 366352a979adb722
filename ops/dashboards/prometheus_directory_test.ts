import { assertEquals, assertThrows } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { type PrometheusFile, writePrometheusFiles } from "./prometheus_directory.ts";

describe("writePrometheusFiles", () => {
  let directory: string;
  before(() => directory = Deno.makeTempDirSync({ prefix: "ztna-prometheus-" }));
  after(() => Deno.removeSync(directory, { recursive: true }));

  const files: PrometheusFile[] = [
    { path: "prometheus.yml", text: "a", isSecret: false },
    { path: "tls/prometheus.key", text: "b", isSecret: true },
  ];
  const modeOf = (path: string): string =>
    ((Deno.statSync(`${directory}/${path}`).mode ?? 0) & 0o777).toString(8);

  it("only says what it would write with check", () => {
    const changes = writePrometheusFiles(`${directory}/new`, files, true);
    assertEquals(changes.map(({ change }) => change), ["created", "created"]);
    assertEquals([...Deno.readDirSync(directory)], []);
  });

  it("writes what differs, secrets for their owner only, and leaves other files alone", () => {
    Deno.writeTextFileSync(`${directory}/mine`, "");
    assertEquals(writePrometheusFiles(directory, files, false).length, 2);
    assertEquals([modeOf("prometheus.yml"), modeOf("tls/prometheus.key")], ["644", "600"]);
    assertEquals(writePrometheusFiles(directory, files, false), []);
    Deno.writeTextFileSync(`${directory}/prometheus.yml`, "edited");
    assertEquals(writePrometheusFiles(directory, files, false), [
      { path: "prometheus.yml", change: "updated" },
    ]);
    assertEquals(Deno.readTextFileSync(`${directory}/mine`), "");
  });

  it("lets the group of Prometheus read a secret, and not everybody", () => {
    Deno.chmodSync(`${directory}/tls/prometheus.key`, 0o640);
    assertEquals(writePrometheusFiles(directory, files, false), []);
    Deno.chmodSync(`${directory}/tls/prometheus.key`, 0o644);
    assertEquals(writePrometheusFiles(directory, files, false).length, 1);
    assertEquals(modeOf("tls/prometheus.key"), "600");
  });

  it("says which place is not accessible", () => {
    assertThrows(
      () => writePrometheusFiles(`${directory}/mine`, files, false),
      ConfigError,
      `${directory}/mine/prometheus.yml`,
    );
  });
});
