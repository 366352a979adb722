import { commandText } from "../../terminal/command_lines.ts";
import { sweepCommandLine, type SweepSchedule } from "./sweep_schedule.ts";

/**
 * What runs sweeps where there is no systemd, as lines for `crontab -e` of the user. A sweep that is
 * due while another is at work is left out; what sweeps print is in their history anyway.
 */
export function crontabText(schedule: SweepSchedule): string {
  const { fleet, user, checkout, interval, environment, secrets } = schedule;
  const assignments = Object.entries(environment).map(([name, value]) =>
    `${name}=${commandText([value])}`
  );
  const command = [
    `${commandText(["cd", checkout])} &&`,
    ...assignments,
    // Names of fleets are letters, digits, ".", "_" and "-".
    `flock -n "$HOME/.ztna-sweep-${fleet}.lock"`,
    commandText(sweepCommandLine(schedule)),
    ">/dev/null",
  ].join(" ");
  return [
    `# Sweeps of the fleet ${fleet}: for "crontab -e" of the user ${user}.`,
    ...Object.keys(secrets).map((name) => `# CHANGE: this user's secret\n#${name}=`),
    // An unescaped "%" is the end of a command there.
    `${interval.cron} ${command.replaceAll("%", "\\%")}`,
    "",
  ].join("\n");
}
