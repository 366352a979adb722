import type { AlertCases } from "./alert_case.ts";
import { availabilityCases } from "./availability_cases.ts";
import { certificateCases } from "./certificate_cases.ts";
import { clientCases } from "./client_cases.ts";
import { dropCases } from "./drop_cases.ts";
import { faultCases } from "./fault_cases.ts";
import { latencyCases } from "./latency_cases.ts";
import { networkCases } from "./network_cases.ts";
import { rolloutCases } from "./rollout_cases.ts";
import { saturationCases } from "./saturation_cases.ts";
import { sloCases } from "./slo_cases.ts";
import { sweepCases } from "./sweep_cases.ts";

/** The cases of all alerts, by the alerts' names. */
export const alertCases: Readonly<Record<string, AlertCases>> = {
  ...availabilityCases,
  ...dropCases,
  ...networkCases,
  ...latencyCases,
  ...clientCases,
  ...saturationCases,
  ...rolloutCases,
  ...certificateCases,
  ...faultCases,
  ...sloCases,
  ...sweepCases,
};
