import { assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { skipWithout } from "../support/debian_program.ts";
import { Ansible, ansibleInventory, installedRelease, recordedRelease } from "./ansible.ts";
import { inventoryCases, recordedAnswers } from "./inventory_case.ts";

/** As {@linkcode skipWithout}, of the right release. */
function skipWithoutAnsible(): string | false {
  const missing = skipWithout(ansibleInventory, "ansible-core");
  if (missing !== false) return missing;
  const release = installedRelease();
  if (release === recordedRelease) return false;
  const reason = `Cannot compare as ansible-core must be ${recordedRelease}: it is ${release}`;
  if (Deno.env.get("CI") === "1" || Deno.env.get("ZTNA_REQUIRE_LAB") === "1") {
    throw new Error(reason);
  }
  return reason;
}

const skip = skipWithoutAnsible();

describe("the recorded answers are those that Ansible gives", { skip }, () => {
  let ansible: Ansible;

  before(() => {
    ansible = new Ansible();
  });

  after(async () => {
    await ansible[Symbol.asyncDispose]();
  });

  for (const each of inventoryCases()) {
    it(`to ${each.name}`, async () => {
      assertEquals(await ansible.answer(each), recordedAnswers(each));
    });
  }
});
