import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { parseExposition } from "../../../tests/support/exposition.ts";
import { prometheusText } from "./prometheus_text.ts";
import type { ReportedSweep } from "./reported_sweep.ts";
import { hostileSweep } from "./test_hostile_sweep.ts";
import { quietSweep, startedMs, troubledSweep } from "./test_sweep.ts";

const skip = skipWithout("/usr/bin/promtool", "prometheus");

/** What promtool finds wrong. */
async function complaints(text: string): Promise<string> {
  const child = new Deno.Command("promtool", {
    ...{ args: ["check", "metrics"], stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return code === 0 ? said : `exit code ${code}: ${said}`;
}

const line = /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{([a-z]+="(\\[\\"]|[^"\\])*",?)*\} -?[0-9.e+-]+)$/;

describe("a sweep for Prometheus", () => {
  it("has the fleet's state, when and how long it looked, and every problem", () => {
    const series = parseExposition(prometheusText(troubledSweep()));
    const expected: Record<string, number> = {
      'ztna_sweep_status{fleet="lab"}': 2,
      'ztna_sweep_last_run_timestamp_seconds{fleet="lab"}': startedMs / 1000,
      'ztna_sweep_duration_seconds{fleet="lab"}': 2.14,
      'ztna_sweep_hosts{fleet="lab",state="well"}': 3,
      'ztna_sweep_hosts{fleet="lab",state="troubled"}': 19,
      'ztna_sweep_findings{fleet="lab",status="critical"}': 3,
      'ztna_sweep_findings{fleet="lab",status="silenced"}': 1,
      'ztna_sweep_host_status{fleet="lab",host="relay03"}': 1,
      'ztna_sweep_host_status{fleet="lab",host="connector03"}': 0,
      'ztna_sweep_finding{fleet="lab",host="relay03",check="disk-space",subject="/var",status="warning"}':
        1,
      'ztna_sweep_finding{fleet="lab",host="",check="tunnel-probe",subject="service web",status="critical"}':
        1,
      'ztna_sweep_measure_ratio{fleet="lab",host="relay03",check="disk-space",subject="/var"}':
        0.93,
      'ztna_sweep_service_up{fleet="lab",service="web"}': 0,
      'ztna_sweep_service_uptime_ratio{fleet="lab",service="database",window="24h"}': 1,
    };
    for (const [key, value] of Object.entries(expected)) {
      assertEquals(series.get(key), value, `${key} of\n${[...series.keys()].join("\n")}`);
    }
    const problems = [...series.keys()].filter((key) => key.startsWith("ztna_sweep_finding{"));
    assertEquals(problems.length, 20);
  });

  it("has no series of what is well", () => {
    const text = prometheusText(quietSweep());
    assertEquals(text.includes("ztna_sweep_finding{"), false);
    assertStringIncludes(text, 'ztna_sweep_status{fleet="lab"} 0\n');
  });

  it("is what promtool would write", { skip }, async () => {
    assertEquals(await complaints(prometheusText(troubledSweep())), "");
    assertEquals(await complaints(prometheusText(quietSweep())), "");
  });

  it("is what promtool can read whatever hosts say", { skip }, async () => {
    // One process for many: a fleet's name for each keeps their series apart.
    for (const reported of fc.sample(hostileSweep, 25)) {
      assertEquals(await complaints(prometheusText(reported)), "", JSON.stringify(reported.result));
    }
  });

  it("has lines of the format only, and each series once", () => {
    fc.assert(fc.property(hostileSweep, (reported: ReportedSweep) => {
      const lines = prometheusText(reported).trimEnd().split("\n");
      for (const each of lines) assert(line.test(each), each);
      const series = lines.filter((each) => !each.startsWith("#"))
        .map((each) => each.slice(0, each.lastIndexOf(" ")));
      assertEquals(new Set(series).size, series.length);
    }));
  });
});
