import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { foldedText, foldOutputs, type HostOutput } from "./fold_outputs.ts";

function output(host: string, stdout: string, code = 0, stderr = ""): HostOutput {
  return { host, code, stdout, stderr };
}

describe("foldOutputs", () => {
  it("puts hosts with the same output together, the largest group first", () => {
    const groups = foldOutputs([
      output("relay1", "odd\n"),
      output("relay2", "same\n"),
      output("relay3", "same\n"),
      output("relay4", "same\n", 1),
      output("relay5", "same\n", 0, "but\n"),
      { host: "relay6", code: undefined, stdout: "", stderr: "", note: "No route" },
    ]);
    assertEquals(foldedText(groups, { color: false }).split("\n"), [
      "relay[2-3] (2 hosts): exit code 0",
      "  | same",
      "",
      "relay1: exit code 0",
      "  | odd",
      "",
      "relay4: exit code 1",
      "  | same",
      "",
      "relay5: exit code 0",
      "  | same",
      "  ! but",
      "",
      "relay6: not reached",
      "    No route",
    ]);
  });

  it("does not mix the streams up, nor texts at their borders", () => {
    const groups = foldOutputs([
      output("a", "xy", 0, "z"),
      output("b", "x", 0, "yz"),
      output("c", "xyz"),
    ]);
    assertEquals(groups.length, 3);
  });

  it("keeps every host once, with its own output", () => {
    const result = fc.record({
      host: fc.string(),
      code: fc.option(fc.nat(2), { nil: undefined }),
      stdout: fc.constantFrom("", "a", "b"),
      stderr: fc.constantFrom("", "a", "b"),
    });
    fc.assert(fc.property(
      fc.uniqueArray(result, { selector: ({ host }) => host }),
      (results) => {
        const groups = foldOutputs(results);
        const byHost = new Map(results.map((result) => [result.host, result]));
        const unfolded = groups.flatMap(({ hosts, ...rest }) =>
          hosts.map((host) => ({ host, ...rest }))
        );
        assertEquals(unfolded.length, results.length);
        for (const result of unfolded) assertEquals(result, byHost.get(result.host)!);
        const sizes = groups.map(({ hosts }) => hosts.length);
        assertEquals(sizes, sizes.toSorted((a, b) => b - a));
      },
    ));
  });

  it("shows lines one below the other, without what moves the cursor", () => {
    const groups = foldOutputs([output("a", "1\r\n\n\t2\x1b[1A\n::error::x")]);
    assertEquals(foldedText(groups, { color: false }).split("\n"), [
      "a: exit code 0",
      "  | 1",
      "  |",
      "  |     2\\u001b[1A",
      "  | ::error::x",
    ]);
  });
});
