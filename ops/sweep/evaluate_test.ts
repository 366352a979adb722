import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { FleetCheck, HostCheck } from "./check.ts";
import {
  evaluateFleet,
  evaluateHost,
  inHostOrder,
  unreachableFinding,
  unreadableFindings,
  withInventory,
} from "./evaluate.ts";
import { type Finding, fine, type Verdict } from "./finding.ts";
import { fleetView } from "./fleet_checks/test_fleet_view.ts";
import { testView } from "./test_view.ts";

function check(id: string, evaluate: HostCheck["evaluate"]): HostCheck {
  return { id, looksAt: "Whether it is well", evaluate };
}

const bad = (subject: string, status: Verdict["status"] = "warning"): Verdict => ({
  ...{ subject, status, value: "bad", remedy: "mend it" },
});
const evaluate = (...checks: HostCheck[]): Finding[] => evaluateHost(testView(), [], checks);
const short = ({ check, subject, status }: Finding): string => `${check}/${subject}/${status}`;

describe("the findings of a host", () => {
  it("begin with how it was reached, and follow the order of the checks", () => {
    const checks = [check("b", () => [bad("x")]), check("a", () => [fine("", "well")])];
    assertEquals(evaluate(...checks).map(short), [
      "reachable//ok",
      "answer//ok",
      "b/x/warning",
      "a//ok",
    ]);
  });

  it("are an internal one for a check that fails, and those of all others", () => {
    const broken = check("broken", () => {
      throw new TypeError("no such thing");
    });
    const found = evaluate(broken, check("a", () => [fine("", "well")]));
    assertEquals(found.slice(2).map(short), ["internal/broken/critical", "a//ok"]);
    assertMatch(found[2]!.value, /TypeError: no such thing/);
  });

  it("say what of the answer could not be read", () => {
    const [, answer] = evaluateHost(testView(), ["tls", "programs"], []);
    assertEquals([answer?.status, answer?.value], ["critical", "cannot be read: tls, programs"]);
    assertMatch(answer!.remedy, /deno task sweep -i … --limit h -vv/);
  });

  it("have each subject of a check once, with the worst of it", () => {
    const found = evaluate(
      check("a", () => [fine("x", "well"), bad("x", "critical"), bad("x"), bad("y")]),
    );
    assertEquals(found.slice(2).map(short), ["a/x/critical", "a/y/warning"]);
  });

  it("are bounded, and the bad ones are told first", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => fine(`s${index}`, "x".repeat(9000)));
    const found = evaluate(check("a", () => [...many, bad("last", "critical")]));
    assertEquals(found.length, 2 + 251);
    assert(found.some(({ subject }) => subject === "last"));
    assertEquals(found.at(-1)?.value, "9751 more like these");
    assert(found.every(({ value }) => value.length < 500));
    const all = Array.from({ length: 300 }, (_, index) => bad(`s${index}`));
    const [others] = evaluate(check("a", () => all)).slice(-1);
    assertEquals([others?.status, others?.remedy], ["warning", "mend it"]);
  });
});

describe("the findings of a fleet", () => {
  it("are those of checks on hosts and on all of it, and of checks that fail", () => {
    const checks: FleetCheck[] = [
      {
        ...check("a", () => []),
        evaluate: () => [{ host: "c1", ...bad("x") }, { host: null, ...fine("", "well") }],
      },
      {
        ...check("b", () => []),
        evaluate: () => {
          throw new RangeError("odd");
        },
      },
    ];
    const found = evaluateFleet(fleetView({}), checks);
    assertEquals(found.map(({ host }) => host), ["c1", null, null]);
    assertEquals(found.map(short), ["a/x/warning", "a//ok", "internal/b/critical"]);
  });
});

describe("what is common to findings", () => {
  it("puts them in the order of hosts, the fleet's last", () => {
    const of = (host: string | null, subject: string): Finding => ({
      ...{ host, check: "a" },
      ...bad(subject),
    });
    const found = inHostOrder(
      [of(null, "1"), of("b", "2"), of("a", "3"), of("b", "4")],
      ["a", "b", "c"],
    );
    assertEquals(found.map(({ subject }) => subject), ["3", "2", "4", "1"]);
  });

  it("names the inventory in commands", () => {
    const finding = {
      host: "a",
      check: "a",
      ...bad(""),
      remedy: "deno task deploy -i … --limit a",
    };
    assertEquals(
      withInventory(finding, ["my hosts.yaml", "b"]).remedy,
      "deno task deploy -i 'my hosts.yaml' -i b --limit a",
    );
  });

  it("names inventories as they are, whatever is in their names", () => {
    const finding = { host: "a", check: "unit", ...fine("", "x"), remedy: "deno task status -i …" };
    assertEquals(withInventory(finding, ["a$&b"]).remedy, "deno task status -i 'a$&b'");
  });

  it("says of a host that did not answer what is wrong and what to do", () => {
    const { value, remedy } = unreachableFinding(
      "a",
      'Cannot connect to "a" as it is off; boot it',
    );
    assertEquals([value, remedy], ['Cannot connect to "a" as it is off', "boot it"]);
    assertMatch(unreachableFinding("a", "gone").remedy, /deno task exec -i … a -- true$/);
  });

  it("tells an answer that can't be read from a host that can't be reached", () => {
    const found = unreadableFindings(
      "a",
      "Cannot read it as it must be short: it is long. See -vv",
    );
    assertEquals(found.map(short), ["reachable//ok", "answer//critical"]);
  });
});
