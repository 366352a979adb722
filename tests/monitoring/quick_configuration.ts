/**
 * The generated files for Prometheus and Alertmanager as tests use them: what they say stays, and
 * only times are shortened and addresses replaced.
 */

import { parse, stringify } from "yaml";
import { generateFiles } from "../../dashboards/generate.ts";

/** Directory of the generated rules, from the checkout's root. */
const rulesDirectory = "dashboards/generated/prometheus/rules/";
const alertmanagerFile = "dashboards/generated/alertmanager/alertmanager.yaml";

/** How long a condition must hold in tests before its alert fires. */
const quickFor = "2s";
/** Targets of tests, beside the configuration. */
export const targetsFile = "targets.json";

/** A file of ours as it is generated now. */
function generated(path: string): string {
  const file = generateFiles().find((each) => each.path === path);
  if (file === undefined) throw new Error(`${path} is not generated`);
  return file.text;
}

interface RuleFile {
  readonly groups: readonly { readonly rules: { for?: string; readonly alert?: string }[] }[];
}

/** The generated rules by file name; alerts that wait do so for two seconds only. */
export function quickRules(): Record<string, string> {
  const files = generateFiles().filter(({ path }) => path.startsWith(rulesDirectory));
  return Object.fromEntries(files.map(({ path, text }) => {
    const file = parse(text) as RuleFile;
    for (const rule of file.groups.flatMap(({ rules }) => rules)) {
      if (rule.for !== undefined && rule.for !== "0s") rule.for = quickFor;
    }
    return [path.slice(rulesDirectory.length), stringify(file)];
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

/** @param alertmanager `HOST:PORT`, if alerts are to be sent. */
export function quickPrometheus(alertmanager?: string): string {
  return stringify({
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: ["rules/*.yaml"],
    ...alertmanager !== undefined && {
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    },
    scrape_configs: [{
      job_name: "ztna",
      file_sd_configs: [{ files: [targetsFile], refresh_interval: "1s" }],
    }],
  });
}
