/** A sweep as data, for tests and for the pictures in the documentation. */

import { type Finding, findingKey, type FindingStatus, isLoud } from "../finding.ts";
import type { ChangeKind } from "../history/known_state.ts";
import type { ReportedSweep } from "./reported_sweep.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** When the sweep began: at three in the morning, wherever the tests run. */
export const startedMs = new Date(2026, 10, 27, 3, 12).getTime();

const relays = names("relay", 3);
const connectors = names("connector", 3);
const apps = names("app", 16);
const hosts = [...relays, ...connectors, ...apps];

/** A sweep of a fleet with all kinds of troubles. */
export function troubledSweep(): ReportedSweep {
  const problems: [Finding, ChangeKind | undefined, number | undefined][] = [
    [
      {
        ...{ host: "relay02", check: "reachable", subject: "", status: "critical" },
        value: "Cannot connect to it as its SSH port must answer: Connection refused",
        remedy: "Look at its console; then: deno task sweep -i hosts.yaml --limit relay02",
      },
      "new",
      startedMs,
    ],
    [
      {
        ...{ host: "connector01", check: "unit", subject: "connector", status: "critical" },
        value: "failed (exit code 1)",
        remedy: "See why it ends: deno task exec -i hosts.yaml connector01 -- " +
          "journalctl -n 50 -u ztna-connector.service",
      },
      undefined,
      startedMs - 90 * minuteMs,
    ],
    ...apps.map((host, i): [Finding, undefined, number] => [
      {
        ...{ host, check: "clock-skew", subject: "", status: "warning" },
        value: `${(4 + i / 10).toFixed(1)} s behind`,
        remedy: "Set the clock and keep it set: " +
          `deno task exec -i hosts.yaml ${host} -- timedatectl set-ntp true`,
        measure: { value: 4 + i / 10, unit: "seconds" },
      },
      undefined,
      startedMs - 26 * hourMs - i * minuteMs,
    ]),
    [
      {
        ...{ host: "relay03", check: "disk-space", subject: "/var", status: "warning" },
        value: "93 % of 20 GiB in use, 1.4 GiB free",
        remedy: "Shorten the journal: deno task exec -i hosts.yaml relay03 -- " +
          "journalctl --vacuum-size=200M",
        measure: { value: 0.93, unit: "ratio" },
      },
      "worse",
      startedMs,
    ],
    [
      {
        ...{ host: "connector03", check: "pending-reboot", subject: "", status: "warning" },
        value: "asked for by linux-image-amd64",
        remedy: "Restart it: deno task exec -i hosts.yaml connector03 -- systemctl reboot",
        silenced: {
          ...{ by: "silence", reason: "next Tuesday's window" },
          untilMs: startedMs + 96 * hourMs,
        },
      },
      undefined,
      startedMs - 50 * hourMs,
    ],
    [
      {
        ...{ host: null, check: "tunnel-probe", subject: "service web", status: "critical" },
        value: "all 20 packets lost",
        remedy: "Mend connector01 first, which has it registered",
      },
      "new",
      startedMs,
    ],
  ];
  const well = hosts.filter((host) => host !== "relay02").flatMap((host, i): Finding[] => [
    fine(host, "reachable", "", `answered in ${20 + i} ms`, i / 1000 + 0.02),
    fine(host, "memory", "", `${40 + i} % free`),
  ]);
  const findings = [...problems.map(([finding]) => finding), ...well];
  const since = new Map(
    problems.flatMap(([finding, , sinceMs]) =>
      sinceMs === undefined ? [] : [[findingKey(finding), sinceMs]]
    ),
  );
  const changes = problems.flatMap(([finding, kind]) =>
    kind === undefined ? [] : [{ kind, finding, before: undefined }]
  );
  const solved = fine("relay01", "udp-buffers", "", "4 MiB");
  return {
    result: {
      ...{ fleet: "lab", startedMs, durationMs: 2140, hosts },
      findings: [...hosts, null].flatMap((host) => findings.filter((each) => each.host === host)),
    },
    changes: {
      previousSweepMs: startedMs - 5 * minuteMs,
      changes: [...changes, { kind: "solved", finding: solved, before: undefined }],
      since,
      flapping: new Map(),
    },
    recent: recentSweeps(findings),
    uptime: [
      uptime("web", false, [0.9931, 0.99872, 0.999671]),
      uptime("database", true, [1, 1, 0.99999]),
    ],
  };
}

/** A sweep that has found nothing. */
export function quietSweep(): ReportedSweep {
  const { result, changes, ...others } = troubledSweep();
  const findings = hosts.map((host, i) => fine(host, "reachable", "", `answered in ${20 + i} ms`));
  return {
    ...others,
    result: { ...result, findings },
    changes: changes && { ...changes, changes: [], since: new Map() },
    recent: recentSweeps(findings),
  };
}

/** The command that sweeps again. */
export function again(hosts?: readonly string[]): string {
  const limit = hosts === undefined ? "" : ` --limit ${hosts.join(",")}`;
  return `deno task sweep -i hosts.yaml${limit}`;
}

function fine(
  host: string,
  check: string,
  subject: string,
  value: string,
  seconds?: number,
): Finding {
  const finding: Finding = { host, check, subject, status: "ok", value, remedy: "" };
  return seconds === undefined
    ? finding
    : { ...finding, measure: { value: seconds, unit: "seconds" } };
}

/** Four hours of sweeps, in which troubles come and go and end in those of today. */
function recentSweeps(findings: readonly Finding[]): ReportedSweep["recent"] {
  const count = 48;
  const startsMs = Array.from(
    { length: count },
    (_, i) => startedMs - (count - 1 - i) * 5 * minuteMs,
  );
  const statusesOf = (host: string | null, seed: number): (FindingStatus | null)[] => {
    const bad = findings.filter((each) => each.host === host && isLoud(each));
    const now = bad.some(({ status }) => status === "critical")
      ? "critical"
      : bad.length > 0
      ? "warning"
      : "ok";
    return startsMs.map((_, i) => {
      if (i === count - 1 || now === "warning" && i > 20) return now;
      if (now === "critical" && i > 29 + seed % 18) return now;
      return i % 17 === seed % 23 ? "warning" : "ok";
    });
  };
  return {
    startsMs,
    hosts: new Map([...hosts, null].map((host, i) => [host, statusesOf(host, i)])),
  };
}

function uptime(
  service: string,
  isUp: boolean,
  ratios: readonly number[],
): ReportedSweep["uptime"][number] {
  const windows = [["24h", 24], ["7d", 168], ["30d", 720]] as const;
  return {
    ...{ service, isUp },
    windows: windows.map(([name, hours], i) => {
      // The history is a week old.
      const knownMs = Math.min(hours, 168) * hourMs;
      const upMs = knownMs * ratios[i]!;
      return { name, upMs, downMs: knownMs - upMs, unknownMs: hours * hourMs - knownMs };
    }),
  };
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${String(i + 1).padStart(2, "0")}`);
}
