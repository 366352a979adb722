import { availabilityRules } from "./availability.ts";
import { certificateRules } from "./certificates.ts";
import { clientRules } from "./clients.ts";
import { dropRules } from "./drops.ts";
import { faultRules } from "./faults.ts";
import { latencyRules } from "./latency.ts";
import { networkRules } from "./network.ts";
import { rolloutRules } from "./rollout.ts";
import type { AlertRule, RecordingRule, RuleGroup } from "./rule.ts";
import { saturationRules } from "./saturation.ts";
import { sloRules } from "./slo.ts";
import { sweepRules } from "./sweeps.ts";

/** All rules, in the order in which people ask: do users get in, do packets arrive, is there room? */
export const ruleGroups: readonly RuleGroup[] = [
  availabilityRules,
  dropRules,
  networkRules,
  latencyRules,
  clientRules,
  saturationRules,
  rolloutRules,
  certificateRules,
  faultRules,
  sloRules,
  sweepRules,
];

/** The group of an alert, behind those whose recorded series its rules need. */
export function groupsFor(alert: AlertRule): RuleGroup[] {
  const own = ruleGroups.filter(({ alerts }) => alerts.includes(alert));
  const needed = (groups: readonly RuleGroup[]): RuleGroup[] => {
    const expressions = groups.flatMap((group) => [...group.recording, ...group.alerts])
      .map(({ expr }) => expr);
    const all = ruleGroups.filter((group) =>
      groups.includes(group) ||
      group.recording.some(({ record }) => expressions.some((expr) => expr.includes(record)))
    );
    return all.length === groups.length ? all : needed(all);
  };
  return needed(own);
}

/** All alerts. */
export const alertRules: readonly AlertRule[] = ruleGroups.flatMap(({ alerts }) => alerts);

/** All recorded series; several rules may fill one with different labels. */
export const recordingRules: readonly RecordingRule[] = ruleGroups.flatMap((group) =>
  group.recording
);
