import { sweepMetrics } from "../../../dashboards/sweep_metrics.ts";
import { escapeControls } from "../../../tunnel/printable.ts";
import { type FindingStatus, findingStatuses, isLoud, type Measure } from "../finding.ts";
import { uptimeRatio } from "../history/service_uptime.ts";
import { statusOf } from "../sweep_result.ts";
import { countSweep, type ReportedSweep } from "./reported_sweep.ts";

type Labels = Readonly<Record<string, string>>;

/** A gauge with its series. */
interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

/** Names of what checks have measured, by unit: Prometheus has the unit in the name. */
const measureNames: Readonly<Record<Measure["unit"], string>> = {
  seconds: "ztna_sweep_measure_seconds",
  bytes: "ztna_sweep_measure_bytes",
  ratio: "ztna_sweep_measure_ratio",
  count: "ztna_sweep_measure",
};

/** What each state counts as. */
function stateValue(status: FindingStatus): number {
  return findingStatuses.indexOf(status);
}

/**
 * A sweep as a text file for the textfile collector of Prometheus' node exporter. A finding has a
 * series while it is a problem, and one for what it has measured: a few dozen for each host.
 */
export function prometheusText(reported: ReportedSweep): string {
  const { result, uptime } = reported;
  const fleet = { fleet: result.fleet };
  const counts = countSweep(result);
  const at = (finding: { host: string | null; check: string; subject: string }): Labels => {
    const { host, check, subject } = finding;
    return { ...fleet, host: host ?? "", check, subject };
  };
  const byHost = Map.groupBy(result.findings, ({ host }) => host);
  const measured = (unit: Measure["unit"], what: string): Gauge => ({
    name: measureNames[unit],
    help: `What a check has measured${what}`,
    samples: result.findings.flatMap(({ measure, ...finding }) =>
      measure?.unit === unit ? [[at(finding), measure.value] as const] : []
    ),
  });
  const states = "0 all is well, 1 warning, 2 critical";
  const gauges: Gauge[] = [
    {
      name: "ztna_sweep_status",
      help: `How the fleet is by its worst finding: ${states}`,
      samples: [[fleet, stateValue(statusOf(result))]],
    },
    {
      name: sweepMetrics.lastRun.name,
      help: sweepMetrics.lastRun.help,
      samples: [[fleet, result.startedMs / 1000]],
    },
    {
      name: "ztna_sweep_duration_seconds",
      help: "How long the last sweep took",
      samples: [[fleet, result.durationMs / 1000]],
    },
    {
      name: "ztna_sweep_hosts",
      help: "Hosts that the last sweep was to ask, by what has become of them",
      samples: [
        [{ ...fleet, state: "well" }, counts.healthy.length],
        [{ ...fleet, state: "troubled" }, counts.hosts - counts.healthy.length],
      ],
    },
    {
      name: "ztna_sweep_findings",
      help: "Findings of the last sweep, by their state",
      samples: [
        [
          { ...fleet, status: "ok" },
          result.findings.filter(({ status }) => status === "ok").length,
        ],
        [{ ...fleet, status: "warning" }, counts.warning],
        [{ ...fleet, status: "critical" }, counts.critical],
        [{ ...fleet, status: "silenced" }, counts.silenced],
      ],
    },
    {
      name: "ztna_sweep_host_status",
      help: `How a host is by its worst finding: ${states}`,
      samples: result.hosts.map((host) => [
        { ...fleet, host },
        stateValue(statusOf({ findings: byHost.get(host) ?? [] })),
      ]),
    },
    {
      name: "ztna_sweep_finding",
      help: "A problem that the last sweep has found: 1; host is empty for one of the whole fleet",
      samples: result.findings.filter(isLoud).map((finding) => [
        { ...at(finding), status: finding.status },
        1,
      ]),
    },
    measured("seconds", ", in seconds"),
    measured("bytes", ", in bytes"),
    measured("ratio", ", as a part of 1"),
    measured("count", ", without a unit"),
    {
      name: "ztna_sweep_service_up",
      help: "Whether a service was up when a sweep last looked: 1 yes, 0 no",
      samples: uptime.map(({ service, isUp }) => [{ ...fleet, service }, isUp ? 1 : 0]),
    },
    {
      name: "ztna_sweep_service_uptime_ratio",
      help: "Part of the time that a service was up, of that in which sweeps have looked",
      samples: uptime.flatMap(({ service, windows }) =>
        windows.flatMap((window) => {
          const ratio = uptimeRatio(window);
          return ratio === undefined
            ? []
            : [[{ ...fleet, service, window: window.name }, ratio] as const];
        })
      ),
    },
  ];
  return gauges.filter(({ samples }) => samples.length > 0).map(gaugeText).join("");
}

function gaugeText({ name, help, samples }: Gauge): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
  const seen = new Set<string>();
  for (const [labels, value] of samples) {
    const written = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
    const series = `${name}{${written.join(",")}}`;
    // The collector throws a whole file away for one series that is there twice.
    if (seen.has(series)) continue;
    seen.add(series);
    lines.push(`${series} ${value}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** A label's value: backslashes and quotes as the format has them, what is not seen as `\uXXXX`. */
function escapeLabel(text: string): string {
  return escapeControls(text).replaceAll(/[\\"]/g, (character) => `\\${character}`);
}
