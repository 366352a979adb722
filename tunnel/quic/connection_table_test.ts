import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConnectionIdIssuer } from "./connection_id.ts";
import { ConnectionTable } from "./connection_table.ts";
import { connectionIdLength } from "./limits.ts";

const issuer = new ConnectionIdIssuer(new Uint8Array(4), new Uint8Array(32));

/** An ID with the same key as `cid`, as two random ones have with a chance of 2^-30. */
function withSameKey(cid: Uint8Array): Uint8Array {
  const other = cid.slice();
  other[connectionIdLength - 1]! ^= 1;
  return other;
}

describe("ConnectionTable", () => {
  it("finds an issued ID anywhere in a packet", () => {
    const table = new ConnectionTable<string>();
    const cid = issuer.issue();
    table.add(cid, "a");
    const packet = new Uint8Array([0x41, ...cid, 1, 2, 3]);
    assertEquals(table.find(packet, 1), "a");
    assertEquals(table.find(packet, 0), undefined);
    assertEquals(table.findAny(cid), "a");
  });

  it("compares the whole ID", () => {
    const table = new ConnectionTable<string>();
    const cid = issuer.issue();
    table.add(cid, "a");
    const other = withSameKey(cid);
    assertEquals(table.find(other, 0), undefined);
    assertEquals(table.findAny(other), undefined);
    assertEquals(table.isTaken(other), true);
    table.delete(other);
    assertEquals(table.find(cid, 0), "a");
  });

  it("keeps its own copy of an ID", () => {
    const table = new ConnectionTable<string>();
    const cid = issuer.issue();
    const copy = cid.slice();
    table.add(cid, "a");
    cid.fill(0);
    assertEquals(table.find(copy, 0), "a");
  });

  it("finds IDs of any length that clients chose", () => {
    const table = new ConnectionTable<number>();
    for (let length = 8; length <= 20; length++) {
      table.addChosen(new Uint8Array(length).fill(0x55), length);
    }
    for (let length = 8; length <= 20; length++) {
      assertEquals(table.findAny(new Uint8Array(length).fill(0x55)), length);
    }
    assertEquals(table.findAny(new Uint8Array(8).fill(0x56)), undefined);
    table.deleteChosen(new Uint8Array(8).fill(0x55));
    assertEquals(table.findAny(new Uint8Array(8).fill(0x55)), undefined);
    assertEquals(table.size, 12);
  });

  it("behaves as a map, whatever is done to it", () => {
    const cids = Array.from({ length: 6 }, () => issuer.issue());
    const action = fc.record({
      do: fc.constantFrom("add", "delete"),
      cid: fc.nat(5),
      to: fc.nat(),
    });
    fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const table = new ConnectionTable<number>();
      const model = new Map<string, number>();
      for (const { do: what, cid: index, to } of actions) {
        const cid = cids[index]!;
        if (what === "add" && !table.isTaken(cid)) {
          table.add(cid, to);
          model.set(encodeHex(cid), to);
        } else if (what === "delete") {
          table.delete(cid);
          model.delete(encodeHex(cid));
        }
        assertEquals(table.size, model.size);
        for (const each of cids) assertEquals(table.findAny(each), model.get(encodeHex(each)));
      }
    }));
  });

  it("takes any bytes for an ID", () => {
    const table = new ConnectionTable<number>();
    table.add(issuer.issue(), 1);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (cid) => {
      assertEquals(table.findAny(cid), undefined);
    }));
  });
});
