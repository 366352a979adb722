import { assertArrayIncludes, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { OpsBenchRow } from "../ops/report.ts";
import { formatReport, type Measured, ratiosOf } from "./report.ts";

function row(
  tool: OpsBenchRow["tool"],
  connections: OpsBenchRow["connections"],
  seconds: number,
): OpsBenchRow {
  return {
    ...{ work: "sweep", tool, connections, seconds, keyExchange: "default", hosts: 20, rounds: 3 },
    ...{ leastSeconds: seconds, cpuSeconds: seconds, sshProcessesPerHost: 1, roundTripsPerHost: 1 },
    ...{ sentBytesPerHost: 2048, receivedBytesPerHost: 512 },
  };
}

const measured: Measured = {
  rows: {
    loopback: [
      ...[row("ztna-fleet", "cold", 2), row("ansible", "cold", 10), row("ssh loop", "cold", 1)],
      ...[
        row("ztna-fleet", "warm", 0.5),
        row("ansible", "warm", 9),
        row("ssh script", "warm", 0.4),
      ],
    ],
  },
  scale: [20, 500].map((hosts) => ({
    ...{ hosts, rounds: 3, seconds: 12, handshakeSeconds: 10, cpuSecondsPerHost: 0.05 },
    peakBytes: (100 + hosts / 10) * 1024 ** 2,
  })),
  frozen: {
    ...{ hosts: 100, hostTimeoutSeconds: 5, othersSeconds: 4 },
    ...{ othersSecondsBesideFrozen: 4.2, secondsBesideFrozen: 5.9 },
  },
};

describe("the ratios of a benchmark of sweeps", () => {
  it("are others' time over ours, and ours over that of ssh alone", () => {
    const ratios = Object.entries(ratiosOf(measured))
      .map(([name, ratio]) => [name, ratio === null ? null : Number(ratio.toFixed(2))]);
    assertEquals(Object.fromEntries(ratios), {
      ...{ coldSpeedup: 5, warmSpeedup: 18, coldOverBare: 2, warmOverBare: null },
      ...{ coldOverScript: null, warmOverScript: 1.25 },
      ...{ labColdSpeedup: null, labWarmSpeedup: null },
      ...{ scaleOverHandshakes: 1.2, memoryGrowth: 1.47 },
      ...{ othersBesideFrozen: 1.05, secondsAfterTimeout: 0.9 },
    });
  });

  it("are none where nothing was measured", () => {
    const ratios = Object.values(ratiosOf({ rows: {}, scale: [], frozen: null }));
    assertEquals(ratios.filter((ratio) => ratio !== null), []);
  });
});

describe("the report of a benchmark of sweeps", () => {
  it("has a table of tools, one of sizes, and each ratio with its goal", () => {
    const versions = { ansible: "2", ssh: "9", deno: "2" };
    const report = { schema: 1, loadBefore: 0, versions, ...ratiosOf(measured), ...measured };
    const text = formatReport({ ...report, schema: 1 });
    assertEquals(text.split("\n\n").map((part) => part.split("\n").length), [8, 3, 8]);
    const rows = text.split("\n").map((line) => line.trim().replace(/ +/g, " "));
    assertArrayIncludes(rows, ["500 12.00 10.00 1.20 50.0 150", "coldSpeedup 5.00 >= 4"]);
  });
});
