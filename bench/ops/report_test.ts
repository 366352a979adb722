import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatReport, type OpsBenchRow, ratiosOf } from "./report.ts";

function row(
  work: OpsBenchRow["work"],
  tool: OpsBenchRow["tool"],
  connections: OpsBenchRow["connections"],
  seconds: number,
  others: Partial<OpsBenchRow> = {},
): OpsBenchRow {
  return {
    ...{ work, tool, connections, seconds, keyExchange: "default", hosts: 20, rounds: 3 },
    ...{ leastSeconds: seconds / 2, cpuSeconds: 2 * seconds },
    ...{ sshProcessesPerHost: 1, roundTripsPerHost: 1 },
    ...{ sentBytesPerHost: 2048, receivedBytesPerHost: 512 },
    ...others,
  };
}

const rows = [
  row("command", "ztna-fleet", "cold", 1.5),
  row("command", "ztna-fleet", "cold", 100, { keyExchange: "fast" }),
  row("command", "ansible", "cold", 4.5),
  row("command", "ansible raw", "cold", 3),
  row("command", "ssh loop", "cold", 1.2),
  row("command", "ztna-fleet", "warm", 0.2),
  row("command", "ansible", "warm", 2.4),
  row("command", "ssh loop", "warm", 0.1),
  row("convergedDeploy", "ztna-fleet", "cold", 2, { roundTripsPerHost: 1.5 }),
  row("convergedDeploy", "ansible", "cold", 40),
];

describe("the ratios of a benchmark of the commands", () => {
  it("are Ansible's time over ours, and ours over the bare loop's", () => {
    assertEquals(rounded(ratiosOf(rows)), {
      commandColdSpeedup: 3,
      commandWarmSpeedup: 12,
      commandColdSpeedupOverRaw: 2,
      commandWarmSpeedupOverRaw: null,
      commandColdOverBare: 1.25,
      commandWarmOverBare: 2,
      convergedDeploySpeedup: 20,
      oneFileDeploySpeedup: null,
      firstDeploySpeedup: null,
      convergedRoundTrips: 1.5,
      convergedSshProcesses: 1,
    });
  });

  it("are for the default key exchange, whatever comes first", () => {
    assertEquals(ratiosOf(rows.toReversed()), ratiosOf(rows));
  });
});

describe("the table of a benchmark of the commands", () => {
  const text = formatReport({
    schema: 1,
    loadBefore: 0.1,
    versions: { ansible: "2.14.18", ssh: "9.2p1", deno: "2.9.6" },
    rows,
    ...ratiosOf(rows),
  });

  it("has a line for each row", () => {
    const line = text.split("\n").find((candidate) => candidate.includes("ansible raw"));
    assertEquals(line?.trim().split(/\s{2,}/), [
      ...["command", "cold", "default", "ansible raw", "20"],
      ...["3.00", "1.50", "6.00", "1.0", "1.0", "2.0", "0.5"],
    ]);
  });

  it("shows ratios with their goals, and leaves out what was not measured", () => {
    assertStringIncludes(text, "commandColdSpeedup               3.00  >= 2.5");
    assertEquals(text.includes("firstDeploySpeedup"), false);
  });
});

function rounded(values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? Number(value.toFixed(6)) : value,
    ]),
  );
}
