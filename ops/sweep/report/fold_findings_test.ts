import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ChangeKind } from "../history/known_state.ts";
import { foldFindings } from "./fold_findings.ts";
import type { ReportedFinding } from "./reported_sweep.ts";

function finding(
  host: string | null,
  { kind, sinceMs, ...rest }: Partial<ReportedFinding> & { kind?: ChangeKind; sinceMs?: number } =
    {},
): ReportedFinding {
  return {
    ...{ host, check: "clock-skew", subject: "", status: "warning", value: "4 s behind" },
    remedy: `Set it: deno task exec -i hosts ${host} -- timedatectl set-ntp true`,
    news: { kind, sinceMs, flaps: undefined },
    ...rest,
  };
}

describe("folded findings", () => {
  it("say once what several hosts have, with one command for all of them", () => {
    assertEquals(
      foldFindings([
        finding("app1", { sinceMs: 2 }),
        finding("app2", { value: "5.5 s behind", sinceMs: 1 }),
      ]),
      [{
        ...{ hosts: ["app1", "app2"], check: "clock-skew", subject: "", status: "warning" },
        value: "4 to 5.5 s behind",
        remedy: "Set it: deno task exec -i hosts app1,app2 -- timedatectl set-ntp true",
        news: { kind: undefined, sinceMs: 1, flaps: undefined },
      }],
    );
  });

  it("write HOST where a command takes one host only, and where there are too many", () => {
    const remedies = (names: readonly string[], remedy: (host: string) => string): string[] =>
      foldFindings(names.map((host) => finding(host, { remedy: remedy(host) })))
        .map((group) => group.remedy);
    assertEquals(remedies(["a1", "a2"], (host) => `ssh ${host} reboot`), ["ssh HOST reboot"]);
    assertEquals(
      remedies(["a1", "a2"], (host) => `deno task deploy --limit ${host}`),
      ["deno task deploy --limit a1,a2"],
    );
    const many = Array.from({ length: 100 }, (_, i) => `application${i}`);
    assertEquals(remedies(many, (host) => `deno task deploy --limit ${host}`), [
      "deno task deploy --limit HOST",
    ]);
    assertEquals(remedies(["a1", "a2"], () => "Call a friend"), ["Call a friend"]);
  });

  it("take a host's name for itself only where it is a word", () => {
    const groups = foldFindings([
      finding("a", { remedy: "a task: look at a.b, a-b, ba and a" }),
      finding("c", { remedy: "c task: look at a.b, a-b, ba and c" }),
    ]);
    assertEquals(groups.map(({ remedy }) => remedy), [
      "HOST task: look at a.b, a-b, ba and HOST",
    ]);
  });

  it("keep apart what differs in more than its host", () => {
    const different: Partial<ReportedFinding>[] = [
      { status: "critical" },
      { check: "memory" },
      { subject: "/var" },
      { value: "never set" },
      { remedy: "Nothing helps" },
      { news: { kind: "new", sinceMs: 1, flaps: undefined } },
      { news: { kind: undefined, sinceMs: 1, flaps: 5 } },
      { silenced: { by: "silence", reason: "known", untilMs: 1 } },
    ];
    for (const other of different) {
      assertEquals(foldFindings([finding("a"), finding("b", other)]).length, 2);
    }
    assertEquals(foldFindings([finding("a"), finding(null)]).length, 2);
  });

  it("have the worst first, then what is new, then what most hosts have", () => {
    const groups = foldFindings([
      finding("a", { check: "one" }),
      ...["a", "b"].map((host) => finding(host, { check: "two" })),
      finding("a", { check: "fresh", kind: "new" }),
      finding("a", { check: "worst", status: "critical" }),
      finding("a", { check: "well", status: "ok" }),
    ]);
    assertEquals(groups.map(({ check }) => check), ["worst", "fresh", "two", "one", "well"]);
  });
});
