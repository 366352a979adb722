import type { GeneratedFile } from "../generated_file.ts";
import { yamlFile } from "../provisioning/yaml_file.ts";
import { dashboardPath, runbookUrl } from "./annotations.ts";
import type { AlertRule, RecordingRule, RuleGroup } from "./rule.ts";
import { ruleGroups } from "./rule_groups.ts";

const directory = "dashboards/generated/prometheus/rules";

/**
 * The rules as the files that Prometheus reads: `recording.yaml` and `alerts.yaml`.
 *
 * @param groups All by default.
 */
export function ruleFiles(groups: readonly RuleGroup[] = ruleGroups): GeneratedFile[] {
  return [
    yamlFile(`${directory}/alerts.yaml`, [
      "Alerts of a fleet. Each has a page in docs/runbooks.",
      "They need the series of recording.yaml, and the labels job, instance and, where there are",
      "several fleets, fleet.",
    ], {
      groups: groups.filter(({ alerts }) => alerts.length > 0)
        .map(({ name, alerts }) => ({ name, rules: alerts.map(alertEntry) })),
    }),
    yamlFile(`${directory}/recording.yaml`, [
      "Series that alerts and dashboards share:",
      ...recordComments(groups),
    ], {
      groups: groups.filter(({ recording }) => recording.length > 0)
        // Where both files become one, a group's name may be there once only.
        .map(({ name, recording }) => ({
          name: `${name}-recording`,
          rules: recording.map(recordEntry),
        })),
    }),
  ];
}

function alertEntry(rule: AlertRule): Record<string, unknown> {
  const { alert, severity, expr, summary, description, advice } = rule;
  return {
    alert,
    expr,
    for: rule.for,
    labels: { severity },
    annotations: {
      summary,
      description: `${description} ${advice}`,
      runbook_url: runbookUrl(rule),
      dashboard: dashboardPath(rule),
    },
  };
}

function recordEntry({ record, expr, labels }: RecordingRule): Record<string, unknown> {
  return { record, expr, ...labels && { labels } };
}

/** A line for each name, and one below it for each thing that it says. */
function recordComments(groups: readonly RuleGroup[]): string[] {
  const rules = groups.flatMap(({ recording }) => recording);
  return [...Map.groupBy(rules, ({ record }) => record)].flatMap(([record, same]) => [
    `- ${record}`,
    ...[...new Set(same.map(({ help }) => help))].map((help) => `    ${help}`),
  ]);
}
