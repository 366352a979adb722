import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { describeUnit, parseUnitState, unknownUnit } from "./unit_state.ts";

const running = `LoadState=loaded
ActiveState=active
SubState=running
Result=success
ExecMainCode=0
ExecMainStatus=0
NRestarts=2
MainPID=297
Job=0
InvocationID=06d839260fc64794a820865ce1a1e0b1
`;

/** What systemd 252 said, changed in some lines. */
function show(change: Readonly<Record<string, string | number>>): string {
  return running.replace(
    /^(\w+)=.*$/gm,
    (whole, name: string) => name in change ? `${name}=${change[name]}` : whole,
  );
}

describe("parseUnitState", () => {
  it("reads what systemctl shows", () => {
    assertEquals(parseUnitState(running), {
      isLoaded: true,
      active: "active",
      sub: "running",
      lastExit: null,
      restarts: 2,
      pid: 297,
    });
  });

  const cases: readonly (readonly [Record<string, string | number>, string])[] = [
    [{}, "active (running)"],
    [
      {
        ActiveState: "activating",
        SubState: "auto-restart",
        Result: "exit-code",
        ExecMainCode: 1,
        ExecMainStatus: 2,
      },
      "activating (auto-restart), last exit code 2",
    ],
    [
      { ActiveState: "failed", SubState: "failed", Result: "signal", ExecMainStatus: 9 },
      "failed (failed), last signal 9",
    ],
    [
      { ActiveState: "failed", SubState: "failed", Result: "timeout" },
      "failed (failed), last timeout",
    ],
    [{ LoadState: "not-found", ActiveState: "inactive", SubState: "dead" }, "not installed"],
    [{ ActiveState: "\x1b[31mred", SubState: "a b" }, "unknown (unknown)"],
  ];
  for (const [change, text] of cases) {
    it(`says "${text}" of ${JSON.stringify(change)}`, () => {
      assertEquals(describeUnit(parseUnitState(show(change))), text);
    });
  }

  it("makes something of anything", () => {
    assertEquals(parseUnitState(""), unknownUnit);
    assertEquals(parseUnitState("NRestarts=9999999999999\nMainPID=-1\n=x\n"), unknownUnit);
    const lines = fc.array(fc.tuple(
      fc.constantFrom("LoadState", "ActiveState", "Result", "NRestarts", "MainPID"),
      fc.string(),
    ));
    fc.assert(fc.property(lines, (pairs) => {
      const text = pairs.map((pair) => pair.join("=")).join("\n");
      assertEquals(/^[\w (),-]+$/.test(describeUnit(parseUnitState(text))), true);
    }));
  });
});
