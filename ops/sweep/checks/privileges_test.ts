import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { statuses } from "../test_view.ts";
import { privileges } from "./privileges.ts";

describe("the check of privileges", () => {
  it("warns where the scripts do not run as root", () => {
    for (const [isRoot, status] of [[true, "ok"], [false, "warning"]] as const) {
      const facts = { processes: { isRoot, programs: {} } };
      assertEquals(statuses(privileges, { facts }), [["", status]]);
    }
    assertEquals(statuses(privileges, {}), []);
  });
});
