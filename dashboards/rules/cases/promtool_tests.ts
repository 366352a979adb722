import { stringify } from "yaml";
import { boardVariables, runbookBase } from "../annotations.ts";
import type { AlertRule } from "../rule.ts";
import type { AlertCase, ExpectedAlert } from "./alert_case.ts";

const defaultInterval = "15s";

/** A case, and what the alert must say at its time; nothing when it must be silent. */
export type Expectation = AlertCase & { readonly alerts?: readonly ExpectedAlert[] };

/** A file for `promtool test rules`, of cases with the same interval. */
export function promtoolTest(
  rule: AlertRule,
  cases: readonly Expectation[],
  ruleFiles: readonly string[],
): string {
  return stringify({
    rule_files: ruleFiles,
    evaluation_interval: cases[0]?.interval ?? defaultInterval,
    tests: cases.map(({ series, interval = defaultInterval, at, alerts = [] }) => ({
      interval,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{
        eval_time: at,
        alertname: rule.alert,
        exp_alerts: alerts.map((alert) => expected(rule, alert)),
      }],
    })),
  });
}

function expected(
  rule: AlertRule,
  { labels, summary, description = rule.description }: ExpectedAlert,
): Record<string, unknown> {
  return {
    exp_labels: { ...labels, severity: rule.severity },
    exp_annotations: {
      summary,
      description: `${description} ${rule.advice}`,
      runbook_url: `${runbookBase}/${rule.alert}.md`,
      dashboard: dashboardOf(rule, labels),
    },
  };
}

/** Made from labels, where the rule's own is a template. */
function dashboardOf({ board }: AlertRule, labels: ExpectedAlert["labels"]): string {
  const parameters = new URLSearchParams({ from: "now-1h" });
  for (const label of boardVariables[board]) {
    if (labels[label] !== undefined) parameters.set(`var-${label}`, labels[label]);
  }
  return `/d/${board === "program" ? labels["job"] : `ztna-${board}`}?${parameters}`;
}
