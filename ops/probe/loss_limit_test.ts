import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { exceedsLossLimit, formatLossLimit, parseLossLimit } from "./loss_limit.ts";

describe("loss limit", () => {
  it("is a number of packets or a percentage", () => {
    assertEquals(parseLossLimit("0"), { kind: "count", packets: 0 });
    assertEquals(parseLossLimit("12"), { kind: "count", packets: 12 });
    assertEquals(parseLossLimit("0.5%"), { kind: "percent", percent: 0.5 });
    assertEquals(parseLossLimit("100%"), { kind: "percent", percent: 100 });
  });

  it("is nothing else", () => {
    for (const text of ["", "-1", "1.5", "101%", "1e3", "%", ".5%", "5 %", "5%%", "x"]) {
      assertEquals(parseLossLimit(text), undefined, text);
    }
  });

  it("is exceeded by more packets than it names", () => {
    const limit = { kind: "count", packets: 2 } as const;
    assertEquals([1, 2, 3].map((lost) => exceedsLossLimit(limit, 100, lost)), [false, false, true]);
  });

  it("is exceeded by a larger share than it names, and not by exactly this one", () => {
    for (const percent of [0.1, 0.7, 7, 14.5]) {
      const limit = { kind: "percent", percent } as const;
      assertEquals(exceedsLossLimit(limit, 1000, percent * 10), false, `${percent} %`);
      assertEquals(exceedsLossLimit(limit, 1000, percent * 10 + 1), true, `${percent} %`);
    }
  });

  it("is not exceeded when nothing was sent", () => {
    assertEquals(exceedsLossLimit({ kind: "percent", percent: 0 }, 0, 0), false);
  });

  it("has the form that it was read from", () => {
    for (const text of ["7", "0.5%"]) assertEquals(formatLossLimit(parseLossLimit(text)!), text);
  });
});
