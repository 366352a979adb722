import { jobs, type ScrapedProgram } from "../catalogue.ts";

/** Where the files of a Prometheus are, from the directory of its `prometheus.yml`. */
export const prometheusPaths = {
  config: "prometheus.yml",
  /** All files in it are rules. */
  rules: "rules",
  /** Targets of a program, as `file_sd` reads them. */
  targets: (program: ScrapedProgram): string => `targets/${jobs[program]}.json`,
  /** The fleet's authority, and with what Prometheus proves itself to hosts. */
  caFile: "tls/ca.pem",
  certificateFile: "tls/prometheus.pem",
  keyFile: "tls/prometheus.key",
} as const;

/** How often Prometheus asks each host, as Prometheus and Grafana write it. */
export const scrapeInterval = "15s";

/** Where an Alertmanager on Prometheus' own machine listens. */
export const localAlertmanager = "127.0.0.1:9093";

/** What differs between Prometheus servers. */
export interface PrometheusConfigOptions {
  /** Where Alertmanagers listen, as `HOST:PORT`. */
  readonly alertmanagers: readonly string[];
  /** Whether a host shows its metrics over TLS. */
  readonly usesTls: boolean;
}

/** What to know before using the configuration, for a comment at its top. */
export const prometheusConfigNotes: readonly string[] = [
  "Paths are relative to this file. Prometheus reads the targets and the certificates again by",
  "itself when they change; for the rest, send it SIGHUP. Check a copy with",
  '"promtool check config FILE".',
];

/** No host may fill Prometheus: a connector of 1,000 services has some 130,000 series. */
const maxSamplesPerScrape = 200_000;

/**
 * The configuration of a Prometheus that watches a fleet. Targets say by themselves whether they are
 * asked over TLS: those on Prometheus' own machine are not.
 */
export function prometheusConfig(options: PrometheusConfigOptions): Record<string, unknown> {
  return {
    global: { scrape_interval: scrapeInterval, evaluation_interval: scrapeInterval },
    rule_files: [`${prometheusPaths.rules}/*.yaml`],
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: options.alertmanagers }] }],
    },
    scrape_configs: (Object.keys(jobs) as ScrapedProgram[]).map((program) => ({
      job_name: jobs[program],
      // What a program gives a connection of Prometheus; it closes it then.
      scrape_timeout: "10s",
      body_size_limit: "64MB",
      sample_limit: maxSamplesPerScrape,
      file_sd_configs: [{ files: [prometheusPaths.targets(program)] }],
      ...options.usesTls && {
        tls_config: {
          ca_file: prometheusPaths.caFile,
          cert_file: prometheusPaths.certificateFile,
          key_file: prometheusPaths.keyFile,
        },
      },
    })),
  };
}
