import { assertEquals, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { identifyProcess } from "../../ops/process_identity.ts";
import { maxHosts } from "./address_plan.ts";
import { LabError } from "./lab_error.ts";
import { LabPaths } from "./lab_paths.ts";
import { addHosts, isAbandoned, labNames, readHosts } from "./lab_record.ts";

describe("the record of a lab", () => {
  let root: string;
  let paths: LabPaths;
  const self = identifyProcess(Deno.pid)!;

  beforeEach(async () => {
    root = await Deno.makeTempDir();
    paths = new LabPaths(root, "mine");
  });

  afterEach(() => Deno.remove(root, { recursive: true }));

  it("keeps the numbers of hosts when others are added", () => {
    addHosts(paths, ["b", "a"], undefined);
    addHosts(paths, ["c", "a"], undefined);
    assertEquals(readHosts(paths).map(({ name, number }) => [name, number]), [
      ["b", 1],
      ["a", 2],
      ["c", 3],
    ]);
  });

  it("has no hosts when there is none", () => {
    assertEquals(readHosts(paths), []);
    assertEquals(labNames(new LabPaths(`${root}/nothing`, "x").shared), []);
  });

  it("has a bound", () => {
    const names = Array.from({ length: maxHosts + 1 }, (_, index) => `host${index}`);
    assertThrows(() => addHosts(paths, names, undefined), LabError, "at most 200");
  });

  it("tells a lab that nobody cares for from one that somebody does", () => {
    const isAbandonedWith = (owner: Parameters<typeof addHosts>[2]): boolean => {
      const lab = new LabPaths(root, crypto.randomUUID());
      addHosts(lab, ["a"], owner);
      return isAbandoned(lab);
    };
    assertEquals(isAbandonedWith(undefined), false);
    assertEquals(isAbandonedWith(self), false);
    assertEquals(isAbandonedWith({ ...self, startedAt: "another time" }), true);
    assertEquals(isAbandoned(paths), true);
  });

  it("keeps its owner when the lab is built again", () => {
    addHosts(paths, ["a"], { ...self, startedAt: "another time" });
    addHosts(paths, ["b"], undefined);
    assertEquals(isAbandoned(paths), true);
  });

  it("is of labs, not of what they share", () => {
    Deno.mkdirSync(paths.shared.image);
    addHosts(paths, ["a"], undefined);
    assertEquals(labNames(paths.shared), ["mine"]);
  });
});
