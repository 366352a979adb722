import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "../../tunnel/errors.ts";
import { checkName, hostNames, maxHosts, planHost, subnetOf } from "./address_plan.ts";

describe("the lab's addresses", () => {
  it("are those that the committed inventory has, for the default lab", () => {
    const { address, gatewayPort } = planHost("default", "relay2", 2);
    assertEquals([address, gatewayPort], ["10.88.0.12", 24432]);
  });

  it("are in another network for every other lab", () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/), (name) => {
      fc.pre(name !== "default");
      const [, , third] = subnetOf(name).split(".").map(Number);
      assert(third! >= 1 && third! <= 254);
    }));
  });

  it("are different for all hosts of a lab, and below the broadcast address", () => {
    const plans = hostNames(maxHosts).map((name, index) => planHost("default", name, index + 1));
    for (const key of ["name", "address", "address6", "mac", "gatewayPort"] as const) {
      assertEquals(new Set(plans.map((plan) => plan[key])).size, maxHosts, key);
    }
    for (const { address, interfaces } of plans) {
      assert(Number(address.split(".")[3]) < 255);
      for (const name of Object.values(interfaces)) assert(name.length <= 15);
    }
  });

  it("begin with two relays", () => {
    assertEquals(hostNames(4), ["relay1", "relay2", "connector1", "connector2"]);
    assertEquals(hostNames(1), ["relay1"]);
  });
});

describe("a name", () => {
  for (const name of ["relay1", "a", "test-0af3"]) {
    it(`may be "${name}"`, () => checkName("host", name));
  }

  for (const name of ["", "1a", "A", "a/b", "..", "a b", "_image", "-F", "a\n", "a".repeat(32)]) {
    it(`may not be ${JSON.stringify(name)}`, () => {
      assertThrows(() => checkName("lab", name), ConfigError, "Cannot use");
    });
  }
});
