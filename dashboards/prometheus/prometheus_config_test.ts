import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parse } from "yaml";
import { prometheusConfig } from "./prometheus_config.ts";
import { prometheusFiles } from "./prometheus_files.ts";

interface ScrapeConfig {
  readonly job_name: string;
  readonly tls_config?: unknown;
}

describe("the configuration of a Prometheus", () => {
  it("has a job for each program, whose name is on dashboards and in rules", () => {
    const [file] = prometheusFiles();
    const { scrape_configs } = parse(file!.text) as { scrape_configs: ScrapeConfig[] };
    assertEquals(scrape_configs.map(({ job_name }) => job_name), ["ztna-relay", "ztna-connector"]);
  });

  it("names no certificates where nothing is asked over TLS: it could not start", () => {
    const config = prometheusConfig({ alertmanagers: [], usesTls: false });
    const jobs = config.scrape_configs as ScrapeConfig[];
    assertEquals(jobs.map(({ tls_config }) => tls_config), [undefined, undefined]);
  });
});
