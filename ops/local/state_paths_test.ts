import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { statePathsOf } from "./state_paths.ts";

describe("statePathsOf", () => {
  const table: { environment: Record<string, string>; root: string }[] = [
    { environment: { HOME: "/h" }, root: "/h/.local/state/ztna-fleet/local" },
    { environment: { HOME: "/h", XDG_STATE_HOME: "/s/" }, root: "/s/ztna-fleet/local" },
    { environment: { HOME: "/h", XDG_STATE_HOME: "s" }, root: "/h/.local/state/ztna-fleet/local" },
    { environment: { HOME: "/h", XDG_STATE_HOME: "" }, root: "/h/.local/state/ztna-fleet/local" },
    { environment: { XDG_STATE_HOME: "/s" }, root: "/s/ztna-fleet/local" },
  ];
  for (const { environment, root } of table) {
    it(`is ${root} for ${JSON.stringify(environment)}`, () => {
      assertEquals(statePathsOf(new Map(Object.entries(environment))).root, root);
    });
  }

  it("says what to set where there is no home", () => {
    assertThrows(() => statePathsOf(new Map()), ConfigError, '"XDG_STATE_HOME"');
  });
});
