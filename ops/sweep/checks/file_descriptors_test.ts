import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { kernelFacts, processFacts } from "../facts/test_facts.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { fileDescriptors } from "./file_descriptors.ts";

describe("the check of file descriptors", () => {
  for (
    const [openFiles, status] of [
      [699, "ok"],
      [700, "warning"],
      [899, "warning"],
      [900, "critical"],
      [1001, "critical"], // the limit was lowered
    ] as const
  ) {
    it(`takes ${openFiles} of 1000 for ${status}, of a program and of the host`, () => {
      const relay = processFacts({ openFiles });
      const facts = {
        kernel: kernelFacts({ openFiles, maxOpenFiles: 1000 }),
        processes: { isRoot: true, programs: { relay, connector: processFacts() } },
      };
      assertEquals(statuses(fileDescriptors, { facts }), [
        ["", status],
        ["relay", status],
        ["connector", "ok"],
      ]);
    });
  }

  it("says how many there are, and where to raise the limit", () => {
    const processes = { isRoot: true, programs: { relay: processFacts({ openFiles: 950 }) } };
    const { value, remedy } = onlyVerdict(fileDescriptors, { facts: { processes } });
    assertEquals(value, "950 of 1000 in use");
    assertMatch(remedy, /ls -l \/proc\/10\/fd.*LimitNOFILE=/);
  });

  it("knows of no limit where the kernel's is beyond all numbers", () => {
    const kernel = kernelFacts({ openFiles: 3, maxOpenFiles: 9223372036854775807 });
    const { status, value } = onlyVerdict(fileDescriptors, { facts: { kernel } });
    assertEquals([status, value], ["ok", "3 of any number in use"]);
  });

  it("says nothing of programs that don't run, and where the host did not tell", () => {
    const processes = { isRoot: true, programs: { relay: null } };
    assertEquals(statuses(fileDescriptors, { facts: { processes } }), []);
    assertEquals(statuses(fileDescriptors, {}), []);
  });
});
