import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Report } from "./report.ts";
import { formatTable } from "./table.ts";

function collect(color: boolean, quiet = false): { report: Report; out: string[]; err: string[] } {
  const [out, err]: [string[], string[]] = [[], []];
  const report = new Report({
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    color: { stdout: color, stderr: color },
  }, { quiet });
  return { report, out, err };
}

describe("Report", () => {
  it("keeps progress and problems off standard output", () => {
    const { report, out, err } = collect(false);
    report.step("a");
    report.done("b");
    report.info("c");
    report.warn("d");
    report.error("e\nf");
    assertEquals(err.join(""), "==> a\n  ✓ b\n    c\n  ! d\n  ✗ e\n    f\n");
    assertEquals(out, []);
    report.result("r");
    report.json({ x: 1 });
    assertEquals(out, ["r\n", '{\n  "x": 1\n}\n']);
  });

  it("colours where it may", { skip: Deno.noColor && "NO_COLOR is set" }, () => {
    const { report, err } = collect(true);
    report.done("b");
    assertEquals(err, ["\x1b[32m  ✓\x1b[39m b\n"]);
  });

  it("lets nobody write to the terminal but itself", () => {
    const { report, err } = collect(false);
    report.error("name \x1b[2J\r");
    assertEquals(err, ["  ✗ name \\u001b[2J\\u000d\n"]);
  });

  it("leaves progress out, and nothing else, when it is quiet", () => {
    const { report, out, err } = collect(false, true);
    report.step("a");
    report.done("b");
    report.info("c");
    report.warn("d");
    report.result("r");
    assertEquals([out, err], [["r\n"], ["  ! d\n"]]);
  });
});

describe("formatTable", () => {
  it("aligns columns and leaves no spaces at the end", () => {
    assertEquals(formatTable([["A", "LONG", "C"], ["aaa", "b", ""]]), "A    LONG  C\naaa  b");
    assertEquals(formatTable([]), "");
  });
});
