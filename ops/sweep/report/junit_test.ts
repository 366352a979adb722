import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { junitText } from "./junit.ts";
import type { ReportedSweep } from "./reported_sweep.ts";
import { hostileSweep } from "./test_hostile_sweep.ts";
import { quietSweep, troubledSweep } from "./test_sweep.ts";

const schema = fileURLToPath(new URL("junit.xsd", import.meta.url));
const skip = skipWithout("/usr/bin/xmllint", "libxml2-utils");

/** What is wrong with documents: not well formed, or not as the schema has it. */
async function complaints(sweeps: readonly ReportedSweep[]): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "ztna-junit-" });
  try {
    const files = await Promise.all(sweeps.map(async (reported, i) => {
      await Deno.writeTextFile(`${directory}/${i}.xml`, junitText(reported));
      return `${directory}/${i}.xml`;
    }));
    const { code, stderr } = await new Deno.Command("xmllint", {
      args: ["--noout", "--nonet", "--schema", schema, ...files],
    }).output();
    return code === 0 ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

describe("a sweep as JUnit's XML", () => {
  it("has a suite for each host and the fleet, a case for each check, and failures", () => {
    const { result, ...others } = troubledSweep();
    const hosts = ["relay03", "connector03"];
    const findings = result.findings.filter(({ host }) => host === null || hosts.includes(host));
    const text = junitText({ ...others, result: { ...result, hosts, findings } });
    assertEquals(
      text.replaceAll(/ timestamp="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"/g, ""),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="sweep of lab" tests="7" failures="2" errors="0" skipped="1" time="2.140">
<testsuite name="relay03" tests="3" failures="1" errors="0" skipped="0">
<testcase name="disk-space /var" classname="lab.relay03">
<failure type="warning" message="93 % of 20 GiB in use, 1.4 GiB free">Shorten the journal: deno task exec -i hosts.yaml relay03 -- journalctl --vacuum-size=200M</failure>
</testcase>
<testcase name="reachable" classname="lab.relay03"/>
<testcase name="memory" classname="lab.relay03"/>
</testsuite>
<testsuite name="connector03" tests="3" failures="0" errors="0" skipped="1">
<testcase name="pending-reboot" classname="lab.connector03">
<skipped message="asked for by linux-image-amd64 (silenced: next Tuesday&#39;s window)"/>
</testcase>
<testcase name="reachable" classname="lab.connector03"/>
<testcase name="memory" classname="lab.connector03"/>
</testsuite>
<testsuite name="(fleet)" tests="1" failures="1" errors="0" skipped="0">
<testcase name="tunnel-probe service web" classname="lab.(fleet)">
<failure type="critical" message="all 20 packets lost">Mend connector01 first, which has it registered</failure>
</testcase>
</testsuite>
</testsuites>
`,
    );
  });

  it("is valid", { skip }, async () => {
    assertEquals(await complaints([troubledSweep(), quietSweep()]), "");
  });

  it("is valid whatever hosts say", { skip }, async () => {
    // One process for many documents: starting it takes longer than reading them.
    const sweeps = fc.sample(hostileSweep, 300);
    assertEquals(await complaints(sweeps), "");
    const [first] = sweeps;
    const { result, ...others } = first!;
    const empty = { ...others, result: { ...result, hosts: [], findings: [] } };
    assertMatch(await complaints([empty]), /Missing child element/);
  });
});
