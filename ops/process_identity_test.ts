import { assert, assertEquals, assertExists } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  identifyProcess,
  isProcessIdentity,
  isRunning,
  parseProcStat,
  signalProcess,
} from "./process_identity.ts";

describe("process identity", () => {
  it("is the same as long as the process runs", () => {
    const identity = identifyProcess(Deno.pid);
    assertExists(identity);
    assertEquals(identifyProcess(Deno.pid), identity);
    assert(isRunning(identity));
  });

  it("ends with the process, and never matches a later one of the same number", async () => {
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const identity = identifyProcess(child.pid);
    assertExists(identity);
    const later = { pid: identity.pid, startedAt: `${identity.startedAt}0` };
    assertEquals(isRunning(later), false);
    assertEquals(signalProcess(later, "SIGKILL"), false);
    assert(isRunning(identity), "the wrong process was killed");
    assertEquals(signalProcess(identity, "SIGKILL"), true);
    await child.status;
    assertEquals(isRunning(identity), false);
    assertEquals(signalProcess(identity, "SIGKILL"), false);
  });

  it("reads names with brackets and spaces in /proc/PID/stat", () => {
    const fields = Array.from({ length: 50 }, (_, i) => String(i + 4)).join(" ");
    assertEquals(parseProcStat(`42 (a) R (b c) S ${fields}\n`), { state: "S", startTicks: "22" });
    for (const text of ["", "42", "42 (x) S 1 2 3"]) assertEquals(parseProcStat(text), undefined);
  });

  it("takes nothing else from a file for an identity", () => {
    assert(isProcessIdentity({ pid: 2, startedAt: "x" }));
    const others = [null, 1, {}, { pid: 1, startedAt: "x" }, { pid: -5, startedAt: "x" }];
    for (const value of [...others, { pid: 2 }, { pid: "2", startedAt: "x" }]) {
      assertEquals(isProcessIdentity(value), false, JSON.stringify(value));
    }
  });
});
