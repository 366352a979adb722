import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RawSocket } from "./raw_socket.ts";
import { type LinkFaults, UdpLink } from "./udp_link.ts";
import { waitFor } from "./wait.ts";

/** Sends `count` numbered packets through a link and returns the numbers that arrived. */
async function numbersThrough(faults: LinkFaults, seed: number, count = 500): Promise<number[]> {
  using server = new RawSocket();
  using client = new RawSocket();
  using link = UdpLink.open(server.address, faults, seed);
  for (let index = 0; index < count; index++) {
    await client.send(new Uint8Array([index >> 8, index & 0xff]), link.address);
    // In small groups, which no kernel buffer loses.
    if (index % 50 === 49) await waitFor(() => link.counts.arrived === index + 1, "the group");
  }
  const { lost, duplicated } = link.counts;
  const expected = count - lost + duplicated;
  await waitFor(() => server.received.length === expected, `${expected} packets`);
  return server.received.map(([high, low]) => high! << 8 | low!);
}

describe("UdpLink", () => {
  it("carries everything both ways in order when nothing is wrong", async () => {
    using server = new RawSocket();
    using client = new RawSocket();
    using link = UdpLink.open(server.address);
    await client.send(new Uint8Array([1]), link.address);
    await waitFor(() => server.received.length === 1, "the packet to the server");
    await server.send(new Uint8Array([2]), link.serverSide);
    await waitFor(() => client.received.length === 1, "the packet to the client");
    assertEquals([server.received[0], client.received[0]], [
      new Uint8Array([1]),
      new Uint8Array([2]),
    ]);
    assertEquals(await numbersThrough({}, 1, 100), Array.from({ length: 100 }, (_, i) => i));
  });

  it("loses, repeats and reorders at about the given rates", async () => {
    const numbers = await numbersThrough(
      { lossRate: 0.1, duplicateRate: 0.1, reorderRate: 0.1 },
      5,
    );
    const distinct = new Set(numbers).size;
    assert(distinct > 400 && distinct < 490, `${distinct} arrived`);
    assert(numbers.length > distinct + 15, "few were repeated");
    let highest = -1;
    const overtaken = numbers.filter((number) => number < (highest = Math.max(highest, number)));
    assert(overtaken.length > 20, "few were reordered");
  });

  it("makes the same faults for the same seed", async () => {
    const lost = await numbersThrough({ lossRate: 0.2 }, 8, 200);
    assertEquals(await numbersThrough({ lossRate: 0.2 }, 8, 200), lost);
    assertNotEquals(await numbersThrough({ lossRate: 0.2 }, 9, 200), lost);
  });

  it("gives the client another address, and an old one back", async () => {
    using server = new RawSocket();
    using client = new RawSocket();
    using link = UdpLink.open(server.address);
    const first = link.serverSide;
    const second = link.rebind();
    assertNotEquals(first.port, second.port);
    await client.send(new Uint8Array([1]), link.address);
    await waitFor(() => server.received.length === 1, "the packet to the server");
    for (const address of [first, second]) await server.send(new Uint8Array([2]), address);
    await waitFor(() => client.received.length === 2, "packets to both addresses");
    assertEquals(link.counts.toFormerAddresses, 1);
    assertEquals(link.rebindTo(0), first);
  });

  it("can be cut, and shows every packet to its watcher", async () => {
    using server = new RawSocket();
    using client = new RawSocket();
    using link = UdpLink.open(server.address);
    const seen: string[] = [];
    link.watcher = (direction, [first]) => {
      seen.push(`${direction} ${first}`);
      return first !== 3;
    };
    link.isCut = true;
    await client.send(new Uint8Array([1]), link.address);
    await waitFor(() => seen.length === 1, "the first packet");
    link.isCut = false;
    for (const number of [2, 3, 4]) await client.send(new Uint8Array([number]), link.address);
    await waitFor(() => server.received.length === 2, "the others");
    assertEquals(server.received.map(([first]) => first), [2, 4]);
    assertEquals(seen, ["to_server 1", "to_server 2", "to_server 3", "to_server 4"]);
  });
});
