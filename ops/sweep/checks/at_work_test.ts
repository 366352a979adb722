import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fine, type Verdict } from "../finding.ts";
import { allowForWork } from "./at_work.ts";

const bad: Verdict = { subject: "", status: "critical", value: "down", remedy: "start it" };

describe("what somebody's work excuses", () => {
  it("is no more than worth a warning, and has to be waited for", () => {
    assertEquals(
      allowForWork("alice@laptop (deploy)", bad),
      {
        ...{ subject: "", status: "warning", value: "down" },
        remedy: "Wait for alice@laptop (deploy), then sweep again",
      } as unknown as typeof bad,
    );
  });

  it("is nothing when all is well, or nobody is at work", () => {
    assertEquals(allowForWork("alice", fine("", "well")), fine("", "well"));
    assertEquals(allowForWork(undefined, bad), bad);
  });
});
