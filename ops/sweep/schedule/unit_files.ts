import { schedulePaths, sweepCommandLine, type SweepSchedule } from "./sweep_schedule.ts";

/** What a sweep takes besides its own time, in seconds: to start, and to end what it has begun. */
const graceSeconds = 60;
/** Sweeps of several fleets spread over a tenth of their interval, but no more seconds than this. */
const maxDelaySeconds = 60;

/**
 * What nobody needs who only starts `ssh`. V8 makes code that it runs, and protects it by `@pkey`: no
 * MemoryDenyWriteExecute.
 */
const hardening = `NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service @pkey
`;

const noHardening =
  `# "sendmail" and "sudo" become other users, and who looks at this machine wants to see it: no
# NoNewPrivileges, nor what implies it.
`;

/** The text of the service that is one sweep. */
export function serviceText(schedule: SweepSchedule): string {
  const { fleet, user, checkout, environment, secrets, needsPrivileges } = schedule;
  const paths = schedulePaths(fleet);
  const variables = Object.entries(environment).map(([name, value]) =>
    `Environment=${unitWord(`${name}=${value}`)}\n`
  );
  return `${header}[Unit]
Description=Sweep of the fleet ${fleet}
Wants=network-online.target
After=network-online.target

[Service]
# systemd starts no second one while one is at work.
Type=oneshot
User=${user}
WorkingDirectory=${unitPath(checkout)}
${variables.join("")}${
    Object.keys(secrets).length === 0 ? "" : `EnvironmentFile=${paths.secretsFile}\n`
  }ExecStart=${sweepCommandLine(schedule).map(commandWord).join(" ")}
# Problems of the fleet (1, 3, 4) are none of this unit: notifications tell of them.
SuccessExitStatus=1 3 4
TimeoutStartSec=${schedule.timeoutSeconds + graceSeconds}
SyslogIdentifier=ztna-sweep

# It starts ssh as a user of this machine, and writes where that user may: state, and reports.
PrivateTmp=yes
ProtectSystem=full
${needsPrivileges ? noHardening : hardening}`;
}

/** The text of the timer that starts it. */
export function timerText({ fleet, interval }: SweepSchedule): string {
  const delay = Math.min(maxDelaySeconds, Math.floor(interval.seconds / 10));
  return `${header}[Unit]
Description=Sweeps of the fleet ${fleet}

[Timer]
OnCalendar=${interval.calendar}
# One that was missed while this machine was off comes when it is on again.
Persistent=true
RandomizedDelaySec=${delay}
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}

const header = `# Written by "deno task sweep install", which replaces it when it runs again.
`;

/** A word of a unit's setting: in quotes, without specifiers. */
function unitWord(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")
    .replaceAll("\n", "\\n");
  return /^[\w./:=@,+%-]+$/.test(text) ? escaped : `"${escaped}"`;
}

/** A path that is a setting of its own: quotes would be part of it. */
function unitPath(path: string): string {
  return path.replaceAll("%", "%%");
}

/** A word of a command line, in which `$` stands for variables. */
function commandWord(text: string): string {
  return unitWord(text).replaceAll("$", () => "$$");
}
