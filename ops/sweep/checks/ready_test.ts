import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { drainHealth, programFacts } from "../facts/test_program_facts.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { healthz, readyz } from "./ready.ts";

const of = (change: Parameters<typeof programFacts>[0]): Parameters<typeof onlyVerdict>[1] => ({
  facts: { programs: { relay: programFacts(change) } },
});
const hung = of({ healthz: null, ready: false, reason: "no answer", instance: null });
const stopped = of({ active: false, ready: false, healthz: null });

describe("the check of /healthz", () => {
  it("finds programs well that answer with 200", () => {
    assertEquals(onlyVerdict(healthz, of({})).status, "ok");
  });

  it("finds those critical that run and don't answer, or say that they don't work", () => {
    assertMatch(onlyVerdict(healthz, hung).value, /does not answer at 127\.0\.0\.1, port 9090/);
    assertMatch(onlyVerdict(healthz, of({ healthz: 503 })).value, /status 503/);
    assertMatch(onlyVerdict(healthz, hung).remedy, /systemctl restart ztna-relay@a\.service/);
  });

  it("leaves those to the check of units that don't run", () => {
    assertEquals(statuses(healthz, stopped), []);
  });
});

describe("the check of /readyz", () => {
  it("finds programs well that are ready", () => {
    assertEquals(onlyVerdict(readyz, of({})).status, "ok");
  });

  it("says why a program is not ready", () => {
    const verdict = onlyVerdict(readyz, of({ ready: false, reason: "binding port 4433" }));
    assertEquals([verdict.status, verdict.value], ["critical", "not ready: binding port 4433"]);
  });

  it("finds an application critical that does not echo", () => {
    const application = programFacts({ healthz: null, ready: false, reason: "no echo" });
    assertEquals(statuses(readyz, { facts: { programs: { application } } }), [
      ["application", "critical"],
    ]);
  });

  it("leaves to other checks what they tell: units, hung programs, drains, services", () => {
    assertEquals(statuses(readyz, stopped), []);
    assertEquals(statuses(readyz, hung), []);
    const draining = of({
      ready: false,
      reason: "draining",
      drain: drainHealth({ draining: true }),
    });
    assertEquals(statuses(readyz, draining), [["relay", "ok"]]);
    const services = [{ id: "web", state: "connecting" }];
    const connector = programFacts({ ready: false, reason: "not registered", services });
    assertEquals(statuses(readyz, { facts: { programs: { connector } } }), [["connector", "ok"]]);
  });
});
