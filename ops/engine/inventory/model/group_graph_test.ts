import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "../../../../tunnel/errors.ts";
import { ancestorsOf, hostsOf, inOrderOfPrecedence, setDepths } from "./group_graph.ts";
import type { GroupRecord } from "./records.ts";

function group(name: string): GroupRecord {
  return {
    name,
    hosts: new Map(),
    children: new Map(),
    parents: new Set(),
    variables: new Map(),
    priority: 1,
    depth: 0,
  };
}

function link(parent: GroupRecord, child: GroupRecord, line = 1): void {
  parent.children.set(child, { file: "hosts", line });
  child.parents.add(parent);
}

function addHost(to: GroupRecord, name: string): void {
  const host = {
    name,
    source: { file: undefined, directory: undefined },
    groups: new Set([to]),
    variables: new Map(),
  };
  to.hosts.set(name, host);
}

function names(items: Iterable<{ readonly name: string }>): string {
  return [...items].map(({ name }) => name).join(" ");
}

describe("the graph of groups", () => {
  it("gives hosts level by level, each once", () => {
    const [all, a, b, c] = ["all", "a", "b", "c"].map(group) as [
      GroupRecord,
      GroupRecord,
      GroupRecord,
      GroupRecord,
    ];
    for (const [parent, child] of [[all, a], [all, b], [a, c], [b, c]] as const) {
      link(parent, child);
    }
    addHost(c, "deep");
    addHost(b, "second");
    addHost(a, "first");
    assertEquals(names(hostsOf(all)), "first second deep");
    assertEquals(names(ancestorsOf([c])), "c a b all");
  });

  it("orders groups by depth, then priority, then name", () => {
    const groups = ["d", "c", "b", "a"].map(group);
    const [d, c, b] = groups;
    d!.depth = 1;
    c!.priority = 0;
    b!.priority = 2;
    assertEquals(names(inOrderOfPrecedence(groups)), "c a b d");
  });

  it("finds loops wherever they are, and says where they come from", () => {
    const [all, a, b, c, d] = ["all", "a", "b", "c", "d"].map(group) as GroupRecord[];
    link(all!, a!);
    link(a!, b!, 2);
    link(b!, c!, 3);
    link(c!, b!, 4);
    link(c!, d!, 5);
    const error = assertThrows(() => setDepths(all!, [all!, d!, a!, b!, c!]), ConfigError);
    assertEquals(
      error.message,
      "Cannot use the groups of the inventory as no group may be a part of itself: " +
        'current value is "b" > "c" > "b" (hosts:3, hosts:4)',
    );
  });

  it("gives every group a depth below its parents', or finds a loop", () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 20 });
    fc.assert(fc.property(edges, (pairs) => {
      const all = group("all");
      const groups = Array.from({ length: 10 }, (_, i) => group(`g${i}`));
      for (const [from, to] of pairs) if (from !== to) link(groups[from]!, groups[to]!);
      for (const each of groups) if (each.parents.size === 0) link(all, each);
      const reaches = (from: GroupRecord, to: GroupRecord): boolean => {
        const seen = new Set(from.children.keys());
        for (const each of seen) for (const child of each.children.keys()) seen.add(child);
        return seen.has(to);
      };
      const hasLoop = groups.some((each) => reaches(each, each));
      if (hasLoop) {
        assertThrows(() => setDepths(all, [all, ...groups]), ConfigError);
        return;
      }
      setDepths(all, [all, ...groups]);
      for (const each of groups) {
        const parents = [...each.parents].map(({ depth }) => depth);
        assertEquals(each.depth, Math.max(...parents) + 1);
      }
    }));
  });
});
