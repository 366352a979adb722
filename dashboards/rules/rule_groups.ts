import { availabilityRules } from "./availability.ts";
import { certificateRules } from "./certificates.ts";
import { clientRules } from "./clients.ts";
import { faultRules } from "./faults.ts";
import { rolloutRules } from "./rollout.ts";
import type { AlertRule, RecordingRule, RuleGroup } from "./rule.ts";
import { saturationRules } from "./saturation.ts";
import { sloRules } from "./slo.ts";
import { trafficRules } from "./traffic.ts";

/** All rules, in the order in which people ask: do users get in, do packets arrive, is there room? */
export const ruleGroups: readonly RuleGroup[] = [
  availabilityRules,
  trafficRules,
  clientRules,
  saturationRules,
  rolloutRules,
  certificateRules,
  faultRules,
  sloRules,
];

/** All alerts. */
export const alertRules: readonly AlertRule[] = ruleGroups.flatMap(({ alerts }) => alerts);

/** All recorded series; several rules may fill one with different labels. */
export const recordingRules: readonly RecordingRule[] = ruleGroups.flatMap((group) =>
  group.recording
);
