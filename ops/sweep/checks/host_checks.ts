import type { HostCheck } from "../check.ts";
import { clockSkew } from "./clock_skew.ts";

/** All checks of a host by its answer, in the order in which they are shown. */
export const hostChecks: readonly HostCheck[] = [clockSkew];
