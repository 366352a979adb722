import type { Threshold } from "../fleet/sweep_settings.ts";
import type { FindingStatus } from "./finding.ts";

/**
 * How bad a number is. The lower is worse where the critical bound is the lower one; a bound itself
 * counts as crossed.
 */
export function judge(value: number, { warning, critical }: Threshold): FindingStatus {
  const lowerIsWorse = critical < warning;
  const crosses = (bound: number): boolean => lowerIsWorse ? value <= bound : value >= bound;
  if (crosses(critical)) return "critical";
  return crosses(warning) ? "warning" : "ok";
}
