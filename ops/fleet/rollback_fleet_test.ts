import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { commonTarget } from "./rollback_fleet.ts";
import type { DeployedHost } from "./survey_fleet.ts";

/** A host with these releases, activated in this order; it runs the last. */
function host(name: string, ...activations: string[]): DeployedHost {
  const current = activations.at(-1)!;
  return {
    run: { name },
    release: current,
    survey: { releases: { current, activations, releases: new Set(activations) } },
  } as unknown as DeployedHost;
}

describe("commonTarget", () => {
  it("is what all hosts ran before", () => {
    assertEquals(commonTarget([host("a", "1", "2", "3"), host("b", "2", "3")]), "2");
  });

  it("passes over releases that a host never had", () => {
    assertEquals(commonTarget([host("a", "1", "2", "3"), host("b", "1", "3")]), "1");
  });

  it("does not take a release that was run twice for one before itself", () => {
    assertEquals(commonTarget([host("a", "3", "2", "3")]), "2");
  });

  it("wants to be told when hosts run different releases, and says which", () => {
    const hosts = [host("a", "1", "2"), host("b", "1")];
    const error = assertThrows(() => commonTarget(hosts), ConfigError, '"--to RELEASE"');
    assertStringIncludes(error.message, "a runs 2\n  b runs 1");
  });

  it("says what each host has when they have nothing in common", () => {
    const hosts = [host("a", "1", "3"), host("b", "2", "3"), host("c", "3")];
    const error = assertThrows(() => commonTarget(hosts), ConfigError);
    assertStringIncludes(error.message, "a has 1\n  b has 2\n  c has none");
  });
});
