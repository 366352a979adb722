import { isLoud } from "../finding.ts";
import { escapeXml } from "./escape_xml.ts";
import {
  fleetName,
  type ReportedFinding,
  reportedFindings,
  type ReportedSweep,
  whatOf,
} from "./reported_sweep.ts";

/**
 * A sweep as JUnit's XML, which CI systems show: a suite for each host and one for the fleet, a case
 * for each finding, and a failure for each problem; its type is `critical` or `warning`. Silenced ones
 * are skipped. `junit.xsd`
 * says the same to programs.
 */
export function junitText(reported: ReportedSweep): string {
  const { fleet, hosts, startedMs, durationMs } = reported.result;
  const findings = reportedFindings(reported);
  const byHost = Map.groupBy(findings, ({ host }) => host);
  const timestamp = new Date(startedMs).toISOString().slice(0, "2026-11-27T02:12:00".length);
  const suites = [...hosts, null].flatMap((host) => {
    const members = byHost.get(host) ?? [];
    if (host === null && members.length === 0) return [];
    const name = host ?? fleetName;
    return [
      element("testsuite", { name, ...totals(members), timestamp }, [
        ...members.map((finding) => testCase(finding, `${fleet}.${name}`)),
      ]),
    ];
  });
  const time = (durationMs / 1000).toFixed(3);
  const root = { name: `sweep of ${fleet}`, ...totals(findings), time, timestamp };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", root, suites)}\n`;
}

function totals(findings: readonly ReportedFinding[]): Record<string, string> {
  const failures = findings.filter(isLoud).length;
  const skipped = findings.filter(({ silenced }) => silenced !== undefined).length;
  return {
    tests: `${findings.length}`,
    failures: `${failures}`,
    errors: "0",
    skipped: `${skipped}`,
  };
}

function testCase(finding: ReportedFinding, classname: string): string {
  const { status, value, remedy, silenced } = finding;
  const attributes = { name: whatOf(finding), classname };
  if (silenced !== undefined) {
    const message = `${value} (silenced: ${silenced.reason})`;
    return element("testcase", attributes, [element("skipped", { message }, [])]);
  }
  if (!isLoud(finding)) return element("testcase", attributes, []);
  const failure = element("failure", { type: status, message: value }, [escapeXml(remedy)]);
  return element("testcase", attributes, [failure]);
}

/** @param content Written already. */
function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: readonly string[],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const start = `<${name}${written.join("")}`;
  if (content.length === 0) return `${start}/>`;
  const inner = content.every((part) => part.startsWith("<"))
    ? `\n${content.join("\n")}\n`
    : content.join("");
  return `${start}>${inner}</${name}>`;
}
