import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ServiceHealth } from "../../engine/health/program_status.ts";
import { programFacts } from "../facts/test_program_facts.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { uplinks } from "./uplinks.ts";

const connectorWith = (...services: ServiceHealth[]): Parameters<typeof statuses>[1] => ({
  facts: { programs: { connector: programFacts({ services }) } },
});

describe("the check of uplinks", () => {
  it("finds services well that are registered", () => {
    const found = connectorWith({ id: "web", state: "registered" }, {
      id: "other",
      state: "connecting",
    });
    assertEquals(
      statuses(uplinks, found),
      [["service web", "ok"]],
      "and asks for wanted ones only",
    );
  });

  it("finds those critical that are not, and says how they stand", () => {
    const { status, value, remedy } = onlyVerdict(
      uplinks,
      connectorWith({ id: "web", state: "waiting" }),
    );
    assertEquals([status, value], ["critical", "not registered with h: waiting"]);
    assertMatch(remedy, /journalctl/);
  });

  it("finds those critical of which the connector does not know", () => {
    assertMatch(onlyVerdict(uplinks, connectorWith()).value, /older configuration/);
  });

  it("says nothing of a connector that does not run, or says nothing of itself", () => {
    for (const change of [{ active: false }, { instance: null }]) {
      const connector = programFacts(change);
      assertEquals(statuses(uplinks, { facts: { programs: { connector } } }), []);
    }
  });
});
