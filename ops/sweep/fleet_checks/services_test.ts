import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { programFacts, unitState } from "../facts/test_program_facts.ts";
import type { ProgramFacts } from "../facts/programs.ts";
import { services } from "./services.ts";
import { fleetStatuses, fleetView } from "./test_fleet_view.ts";

/** A relay with so many connectors of each service. */
const relay = (
  connectors: Readonly<Record<string, number>>,
): { programs: { relay: ProgramFacts } } => ({
  programs: {
    relay: programFacts({
      services: Object.entries(connectors).map(([id, count]) => ({ id, connectors: count })),
    }),
  },
});

/** A connector whose service stands like this. */
const connector = (state: string): { programs: { connector: ProgramFacts } } => ({
  programs: { connector: programFacts({ services: [{ id: "web", state }] }) },
});

describe("the check of services", () => {
  it("finds services well that have all their connectors, or more", () => {
    for (const web of [2, 3]) {
      assertEquals(fleetStatuses(services, fleetView({ relay1: relay({ web }) })), [
        ["relay1", "service web", "ok"],
      ]);
    }
  });

  it("warns of a missing connector, and finds a service without any critical", () => {
    for (const [web, status] of [[1, "warning"], [0, "critical"]] as const) {
      const [found] = services.evaluate(fleetView({ relay1: relay({ web }) }));
      assertEquals([found?.status, found?.value, found?.measure?.value], [
        status,
        `${web} of 2 connectors registered`,
        web,
      ]);
    }
    assertEquals(fleetStatuses(services, fleetView({ relay1: relay({}) })), [
      ["relay1", "service web", "critical"],
    ]);
  });

  it("says what to mend first", () => {
    const dead = programFacts({ active: false, state: unitState({ active: "failed" }) });
    const remedyWith = (c1: object, c2?: object): string =>
      services.evaluate(
        fleetView({ relay1: relay({ web: 0 }), c1, ...c2 && { c2 } }),
      )[0]!.remedy;
    const well = connector("registered");
    assertEquals(remedyWith(well), "Mend first: c2 has not been heard of");
    assertEquals(
      remedyWith({ programs: { connector: dead } }, well),
      "Mend first: the connector of c1 does not run",
    );
    assertEquals(remedyWith(well, connector("waiting")), "Mend first: c2 has not registered it");
    assertMatch(remedyWith(well, well), /^See what the relay says: deno task logs/);
  });

  it("warns of services that no host of the inventory provides", () => {
    const view = fleetView({ relay1: relay({ web: 2, old: 1, wanted: 0 }) });
    assertEquals(fleetStatuses(services, view), [
      ["relay1", "service web", "ok"],
      ["relay1", "service old", "warning"],
    ]);
  });

  it("says nothing of a relay that does not run, or says nothing of itself", () => {
    for (const change of [{ active: false }, { instance: null }]) {
      const facts = { programs: { relay: programFacts(change) } };
      assertEquals(fleetStatuses(services, fleetView({ relay1: facts })), []);
    }
  });
});
