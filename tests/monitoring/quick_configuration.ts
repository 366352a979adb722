/**
 * The generated files for Prometheus and Alertmanager as tests use them: what they say stays, and
 * only times are shortened and addresses replaced.
 */

import { parse, stringify } from "yaml";
import { jobs, type ScrapedProgram } from "../../dashboards/catalogue.ts";
import { generateFiles } from "../../dashboards/generate.ts";
import { prometheusPaths } from "../../dashboards/prometheus/prometheus_config.ts";
import { type ScrapeTarget, targetFile } from "../../ops/fleet/scrape_targets.ts";

/** Where the generated files are, from the checkout's root. */
const prometheusFile = "dashboards/generated/prometheus/prometheus.yaml";
const rulesDirectory = "dashboards/generated/prometheus/rules/";
const alertmanagerFile = "dashboards/generated/alertmanager/alertmanager.yaml";

/** How long a condition must hold in tests before its alert fires. */
const quickFor = "2s";

/** A file of ours as it is generated now. */
function generated(path: string): string {
  const file = generateFiles().find((each) => each.path === path);
  if (file === undefined) throw new Error(`${path} is not generated`);
  return file.text;
}

interface RuleFile {
  readonly groups: readonly { readonly rules: { for?: string; readonly alert?: string }[] }[];
}

/**
 * The generated rules, by their paths beside the configuration; alerts that wait do so for two
 * seconds only.
 */
export function quickRules(): Record<string, string> {
  const files = generateFiles().filter(({ path }) => path.startsWith(rulesDirectory));
  return Object.fromEntries(files.map(({ path, text }) => {
    const file = parse(text) as RuleFile;
    for (const rule of file.groups.flatMap(({ rules }) => rules)) {
      if (rule.for !== undefined && rule.for !== "0s") rule.for = quickFor;
    }
    return [path.replace(rulesDirectory, `${prometheusPaths.rules}/`), stringify(file)];
  }));
}

interface Route {
  group_wait?: string;
  group_interval?: string;
  readonly routes?: readonly Route[];
}

interface AlertmanagerFile {
  readonly route: Route;
  readonly receivers: readonly {
    readonly name: string;
    readonly webhook_configs?: readonly { url: string }[];
  }[];
}

/**
 * The generated configuration of Alertmanager with its routes and inhibitions; each webhook posts to
 * `url` and the receiver's name, and groups are sent every second.
 */
export function quickAlertmanager(url: string): string {
  const file = parse(generated(alertmanagerFile)) as AlertmanagerFile;
  const hurry = (route: Route): void => {
    route.group_wait = "1s";
    route.group_interval = "1s";
    route.routes?.forEach(hurry);
  };
  hurry(file.route);
  for (const { name, webhook_configs: webhooks = [] } of file.receivers) {
    for (const webhook of webhooks) webhook.url = `${url}/${name}`;
  }
  return stringify(file);
}

interface PrometheusFile {
  readonly global: { scrape_interval: string; evaluation_interval: string };
  readonly alerting: {
    readonly alertmanagers: readonly { readonly static_configs: { targets: string[] }[] }[];
  };
  readonly scrape_configs: readonly {
    scrape_timeout: string;
    tls_config?: unknown;
  }[];
}

/**
 * The generated configuration of Prometheus, which scrapes and evaluates every second here.
 *
 * @param alertmanager `HOST:PORT`, if alerts are to be sent.
 */
export function quickPrometheus(alertmanager?: string): string {
  const file = parse(generated(prometheusFile)) as PrometheusFile;
  file.global.scrape_interval = file.global.evaluation_interval = "1s";
  for (const { static_configs: configs } of file.alerting.alertmanagers) {
    for (const config of configs) config.targets = alertmanager === undefined ? [] : [alertmanager];
  }
  for (const job of file.scrape_configs) {
    // It must not be longer than the interval.
    job.scrape_timeout = "1s";
    // Hosts are not asked over TLS here, and the files are not there.
    delete job.tls_config;
  }
  return stringify(file);
}

/** Targets as the files that the configuration names, by their paths beside it. */
export function targetFiles(targets: readonly ScrapeTarget[]): Record<string, string> {
  return Object.fromEntries((Object.keys(jobs) as ScrapedProgram[]).map((program) => [
    prometheusPaths.targets(program),
    targetFile(targets.filter((target) => target.program === program)),
  ]));
}
