import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { labSkipReason } from "../../../tests/lab/lab.ts";
import { UnreachableError } from "../errors.ts";
import { applyPlan } from "./apply_plan.ts";
import type { ApplyEvent } from "./apply_progress.ts";
import { LabTarget } from "../../../tests/support/lab_target.ts";
import type { Resource } from "./resource.ts";

const skip = labSkipReason() ?? false;

describe("a run on a real host", { skip }, () => {
  let target: LabTarget;
  before(async () => {
    target = await LabTarget.open("a");
  });
  after(async () => await target?.[Symbol.asyncDispose]());

  const files = (contents: string): Resource[] =>
    Array.from({ length: 12 }, (_, index): Resource => ({
      kind: "file",
      id: `file ${index}`,
      path: `/etc/run-${index}`,
      contents: `${contents} ${index}\n`.repeat(2000),
      mode: 0o644,
      owner: "root",
      group: "root",
    }));

  it("that ends with the host's power leaves every file whole, and the next run converges", async () => {
    await target.converge(...files("old"));
    const plan = await target.plan(...files("new"));
    let crash: Promise<void> | undefined;
    const onEvent = ({ type }: ApplyEvent): void => {
      if (type === "change_done") crash ??= target.host.crash();
    };
    await assertRejects(() => applyPlan(target.connection, plan, { onEvent }), UnreachableError);
    await crash;
    await target.host.start();
    await target.reconnect();
    const seen = await target.sh(
      "for i in 0 1 2 3 4 5 6 7 8 9 10 11; do uniq -c /etc/run-$i; done",
    );
    assertEquals(
      seen.split("\n").map((line) => line.trim().replace(/old|new/, "")),
      Array.from({ length: 12 }, (_, index) => `2000  ${index}`),
    );
    await target.converge(...files("new"));
    assertEquals(await target.sh("ls -d /etc/.ztna-new.* 2> /dev/null || :"), "");
  });

  it("on a full disk changes nothing that it can't finish, and the next run converges", async () => {
    await target.converge(...files("old"));
    await target.host.fillDisk();
    const failure = await target.failure(...files("new"));
    await target.host.freeDisk();
    assertStringIncludes(failure, "No space left on device");
    assertEquals(
      await target.sh("cat /etc/run-* | cut -d' ' -f1 | sort | uniq -c | sort -n"),
      "24000 old",
    );
    await target.converge(...files("new"));
  });
});
