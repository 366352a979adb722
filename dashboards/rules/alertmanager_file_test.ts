import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parse } from "yaml";
import { skipWithout } from "../../tests/support/debian_program.ts";
import { runOnFiles } from "../../tests/support/run_on_files.ts";
import { alertmanagerFile } from "./alertmanager_file.ts";
import { alertRules } from "./rule_groups.ts";

const amtool = "/usr/bin/amtool";
const { text } = alertmanagerFile();

/** The example with everything in it that is commented out, and is configuration. */
const everything = text.replaceAll(
  /^( *)# (\w+:.*| {2}.*|- .*)$/gm,
  (_line, indent: string, code: string) => `${indent}${code}`,
);

interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
}

const { inhibit_rules: inhibitions } = parse(text) as { inhibit_rules: readonly Inhibition[] };

/** Names of alerts that a matcher of the label `alertname` lets through. */
function namesMatching(matcher: string): string[] | undefined {
  const parts = /^alertname (=|=~) "(.*)"$/.exec(matcher);
  if (parts === null) return undefined;
  const pattern = parts[1] === "=" ? RegExp.escape(parts[2]!) : parts[2]!;
  const names = alertRules.map(({ alert }) => alert);
  return names.filter((name) => new RegExp(`^(?:${pattern})$`).test(name));
}

describe("the example for Alertmanager", () => {
  it("inhibits by and of alerts that there are", () => {
    const matchers = inhibitions.flatMap((rule) => [
      ...rule.source_matchers,
      ...rule.target_matchers,
    ]);
    const unknown = matchers.filter((matcher) => namesMatching(matcher)?.length === 0);
    assertEquals(unknown, []);
  });

  it("lets no alert inhibit itself or the one that always fires", () => {
    for (const { source_matchers: from, target_matchers: to } of inhibitions) {
      const sources = from.flatMap((matcher) => namesMatching(matcher) ?? []);
      const targets = to.flatMap((matcher) => namesMatching(matcher) ?? []);
      assertEquals(sources.filter((name) => targets.includes(name)), []);
      assert(!targets.includes("ZtnaWatchdog"));
    }
  });
});

describe("the example for Alertmanager in amtool", {
  skip: skipWithout(amtool, "prometheus-alertmanager"),
}, () => {
  const check = async (configuration: string): Promise<void> => {
    const files = { "alertmanager.yaml": configuration };
    const { code, output } = await runOnFiles(amtool, ["check-config", "alertmanager.yaml"], files);
    assertEquals(code, 0, output);
  };

  it("is correct as it is", () => check(text));

  it("is correct with everything that is commented out", async () => {
    const { route, ...rest } = parse(everything) as Record<string, Record<string, unknown>>;
    assert("time_intervals" in rest && "smtp_from" in rest["global"]!);
    assert(JSON.stringify(route).includes("active_time_intervals"));
    await check(everything);
  });

  const routes: readonly (readonly [labels: readonly string[], receiver: string])[] = [
    [["alertname=ZtnaRelayDown", "severity=critical"], "pager"],
    [["alertname=ZtnaSendErrors", "severity=warning"], "office"],
    [["alertname=ZtnaWatchdog", "severity=warning"], "dead-mans-switch"],
    [["alertname=SomebodyElses"], "office"],
  ];
  for (const [labels, receiver] of routes) {
    it(`sends ${labels.join(" ")} to ${receiver}`, async () => {
      const args = ["config", "routes", "test", "--config.file=alertmanager.yaml", ...labels];
      const { output } = await runOnFiles(amtool, args, { "alertmanager.yaml": text });
      assertEquals(output.split("\n")[0], receiver);
    });
  }
});
