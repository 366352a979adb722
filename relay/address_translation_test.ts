import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import {
  type AddressLimits,
  type AddressMapping,
  AddressTranslation,
  AddressTranslations,
} from "./address_translation.ts";
import { addressQuarantineMs } from "./limits.ts";

const address = (text: string): number => parseIpv4Address(text)!;
const shared = address("100.64.0.1");
const elsewhere = address("10.0.0.1");

interface Lab {
  readonly clock: FakeClock;
  readonly all: AddressTranslations;
  readonly one: AddressTranslation<string>;
}

function createLab(bounds: Partial<AddressLimits> = {}, random = 0): Lab {
  const clock = new FakeClock();
  const all = new AddressTranslations(() => clock.now(), () => random, {
    maxAddresses: 1000,
    maxAddressesPerAgent: 100,
    maxAddressesPerConnector: 1000,
    ...bounds,
  });
  return { clock, all, one: all.create<string>() };
}

function mapped(
  translation: AddressTranslation<string>,
  agent: string,
  inner: number,
  destination = elsewhere,
): AddressMapping<string> {
  const mapping = translation.outward(agent, inner, destination);
  assert(typeof mapping !== "string", String(mapping));
  return mapping;
}

describe("AddressTranslation", () => {
  it("leaves its address to the first agent that uses it", () => {
    const { one } = createLab();
    assertEquals(mapped(one, "a", shared).outer, shared);
    assertEquals(one.inward(shared)?.agent, "a");
  });

  it("gives another agent with the same address one of 100.64.0.0/10", () => {
    const { one } = createLab();
    mapped(one, "a", shared);
    const { outer } = mapped(one, "b", shared);
    assertNotEquals(outer, shared);
    assertEquals(outer >>> 22, shared >>> 22);
    assertEquals([one.inward(outer)?.agent, one.inward(outer)?.inner], ["b", shared]);
  });

  it("says the same each time", () => {
    const { one } = createLab();
    for (const agent of ["a", "b", "c"]) {
      assertEquals(mapped(one, agent, shared), mapped(one, agent, shared));
    }
  });

  it("translates an address that was given to another agent before", () => {
    const { one } = createLab();
    mapped(one, "a", shared);
    const given = mapped(one, "b", shared).outer;
    assertNotEquals(mapped(one, "c", given).outer, given);
  });

  it("never gives the packet's own destination", () => {
    const { one } = createLab();
    mapped(one, "a", shared);
    const next = mapped(one, "b", shared).outer + 1;
    assertNotEquals(mapped(one, "c", shared, next).outer, next);
  });

  it("starts again at the pool's beginning when it reaches the end", () => {
    const { one } = createLab({}, 1 - 2 ** -22);
    mapped(one, "a", shared);
    const given = ["b", "c"].map((agent) => mapped(one, agent, shared).outer);
    assertEquals(given, [address("100.64.0.0"), address("100.64.0.2")]);
  });

  it("keeps connectors apart", () => {
    const { all, one } = createLab();
    const two = all.create<string>();
    mapped(one, "a", shared);
    assertEquals(mapped(two, "b", shared).outer, shared);
    assertEquals([one.inward(shared)?.agent, two.inward(shared)?.agent], ["a", "b"]);
  });

  it("quarantines the addresses of an agent that has gone for 180 s", () => {
    const { clock, all, one } = createLab();
    mapped(one, "a", shared);
    one.releaseAgent("a");
    assertEquals([one.inward(shared), one.isQuarantined(shared)], [undefined, true]);
    assertNotEquals(mapped(one, "b", shared).outer, shared);
    clock.advance(addressQuarantineMs - 1);
    assertEquals([one.isQuarantined(shared), all.quarantinedCount], [true, 1]);
    clock.advance(1);
    assertEquals([one.isQuarantined(shared), all.quarantinedCount], [false, 0]);
    assertEquals(mapped(one, "c", shared).outer, shared);
  });

  it("refuses more addresses than its bounds allow, those in quarantine included", () => {
    const { one } = createLab({ maxAddressesPerAgent: 2, maxAddressesPerConnector: 4 });
    mapped(one, "a", 1);
    mapped(one, "a", 2);
    assertEquals(one.outward("a", 3, elsewhere), "addresses_per_agent");
    mapped(one, "b", 1);
    mapped(one, "b", 2);
    one.releaseAgent("a");
    assertEquals(one.outward("c", 1, elsewhere), "addresses_per_connector");
    assertEquals(mapped(one, "b", 2).agent, "b");
  });

  it("refuses more addresses than all connectors may have together", () => {
    const { clock, all, one } = createLab({ maxAddresses: 2 });
    const two = all.create<string>();
    mapped(one, "a", 1);
    mapped(two, "a", 1);
    assertEquals(two.outward("b", 1, elsewhere), "addresses");
    one.releaseAgent("a");
    assertEquals(two.outward("b", 1, elsewhere), "addresses");
    clock.advance(addressQuarantineMs);
    assertEquals(mapped(two, "b", 5).outer, 5);
  });

  it("gives back everything when the connector goes", () => {
    const { all, one } = createLab();
    mapped(one, "a", 1);
    mapped(one, "b", 1);
    one.releaseAgent("b");
    one.release();
    assertEquals([all.activeCount, all.quarantinedCount, one.size], [0, 0, 0]);
  });
});

const agents = ["a", "b", "c", "d"];
const inners = [shared, shared + 1, elsewhere];

const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ agent: fc.nat(3), inner: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ gone: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ ms: fc.constantFrom(1000, 60_000, addressQuarantineMs) }) },
);

describe("AddressTranslation under any interleaving", () => {
  it("never gives an address to two agents within the quarantine", () => {
    fc.assert(fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const { clock, all, one } = createLab();
      /** Who used an outer address last, and when that agent went. */
      const history = new Map<number, { agent: string; leftMs: number }>();
      // An agent that comes back is another one: its connection is.
      const generation = agents.map(() => 0);
      for (const step of events) {
        if ("ms" in step) {
          clock.advance(step.ms);
        } else if ("gone" in step) {
          const agent = `${agents[step.gone]}${generation[step.gone]}`;
          generation[step.gone]! += 1;
          one.releaseAgent(agent);
          for (const entry of history.values()) {
            if (entry.agent === agent) entry.leftMs = clock.now();
          }
        } else {
          const agent = `${agents[step.agent]}${generation[step.agent]}`;
          const mapping = mapped(one, agent, inners[step.inner]!);
          const before = history.get(mapping.outer);
          if (before !== undefined && before.agent !== agent) {
            assert(clock.now() - before.leftMs >= addressQuarantineMs, "used again too early");
          }
          history.set(mapping.outer, { agent, leftMs: Infinity });
          assertEquals(one.inward(mapping.outer), mapping);
        }
      }
      for (const [outer, { agent, leftMs }] of history) {
        if (leftMs === Infinity) assertEquals(one.inward(outer)?.agent, agent);
        else assertEquals(one.inward(outer), undefined);
      }
      const live = [...history.values()].filter(({ leftMs }) => leftMs === Infinity).length;
      assertEquals([one.size, all.activeCount], [live, live]);
    }));
  });
});
