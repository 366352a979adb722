import { everyRoleFleet, everyRoleHost } from "../fleet/test_fleet_host.ts";
import type { HostCheck, HostView } from "./check.ts";
import type { FindingStatus, Verdict } from "./finding.ts";

/** What tests know of a host besides what they say: nothing, an answer within 100 ms. */
export function testView(change: Partial<HostView> = {}): HostView {
  return {
    fleet: everyRoleFleet,
    host: everyRoleHost,
    facts: {},
    before: undefined,
    askedMs: 1_800_000_000_000,
    receivedMs: 1_800_000_000_100,
    wantedRelease: undefined,
    ...change,
  };
}

/** The verdicts of a check in short: subject and status. */
export function statuses(check: HostCheck, change: Partial<HostView>): [string, FindingStatus][] {
  return check.evaluate(testView(change)).map(({ subject, status }) => [subject, status]);
}

/** The only verdict of a check. */
export function onlyVerdict(check: HostCheck, change: Partial<HostView>): Verdict {
  const [verdict, ...others] = check.evaluate(testView(change));
  if (verdict === undefined || others.length > 0) {
    throw new Error(`The check "${check.id}" has ${others.length + (verdict ? 1 : 0)} verdicts`);
  }
  return verdict;
}
