import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { silentLogger } from "../tunnel/log.ts";
import { Backend } from "./backend.ts";
import { connectorLimits } from "./limits.ts";
import { type Lookup, LookupError, lookupWithSystem, resolveHost } from "./lookup.ts";

interface Harness {
  readonly backend: Backend;
  readonly clock: FakeClock;
  /** What the next lookups give; an `Error` makes them fail. */
  answer: readonly string[] | Error;
  lookups: number;
  failures: number;
}

function makeBackend(host: string, answer: readonly string[] | Error = []): Harness {
  const clock = new FakeClock();
  const harness: { -readonly [K in keyof Harness]: Harness[K] } = {
    backend: undefined as unknown as Backend,
    clock,
    answer,
    lookups: 0,
    failures: 0,
  };
  harness.backend = new Backend({
    target: { host, port: 53 },
    lookup: () => {
      harness.lookups += 1;
      return harness.answer instanceof Error
        ? Promise.reject(harness.answer)
        : Promise.resolve(harness.answer);
    },
    clock,
    logger: silentLogger,
    observer: { backendError: () => void harness.failures++, backendResolved: () => {} },
    limits: connectorLimits,
  });
  return harness;
}

describe("Backend", () => {
  it("has a numeric address at once and never asks a resolver", async () => {
    const harness = makeBackend("::1");
    assertEquals(harness.backend.address(), { hostname: "::1", port: 53 });
    await harness.clock.advanceAsync(3_600_000);
    assertEquals(harness.backend.address(), { hostname: "::1", port: 53 });
    assertEquals(harness.lookups, 0);
  });

  it("has no address until its name is resolved, and one lookup under way at a time", async () => {
    const harness = makeBackend("db.internal", ["10.0.0.7", "2001:DB8::7"]);
    for (let packet = 0; packet < 100; packet++) {
      assertEquals(harness.backend.address(), undefined);
    }
    assertEquals(harness.lookups, 1);
    await harness.clock.advanceAsync(0);
    assertEquals(harness.backend.address(), { hostname: "10.0.0.7", port: 53 });
    assertEquals(await harness.backend.resolve(), [
      { hostname: "10.0.0.7", port: 53 },
      { hostname: "2001:db8::7", port: 53 },
    ]);
  });

  it("asks again once the answer is old, uses the old one meanwhile, and follows a change", async () => {
    const harness = makeBackend("db.internal", ["10.0.0.7"]);
    await harness.backend.resolve();
    harness.answer = ["10.0.0.8"];
    await harness.clock.advanceAsync(29_999);
    assertEquals(harness.backend.address()?.hostname, "10.0.0.7");
    await harness.clock.advanceAsync(1);
    assertEquals(harness.lookups, 1);
    assertEquals(harness.backend.address()?.hostname, "10.0.0.7");
    await harness.clock.advanceAsync(0);
    assertEquals(harness.backend.address()?.hostname, "10.0.0.8");
    assertEquals(harness.lookups, 2);
  });

  it("keeps its address when the resolver only shuffles", async () => {
    const harness = makeBackend("db.internal", ["10.0.0.7", "10.0.0.8"]);
    await harness.backend.resolve();
    harness.answer = ["10.0.0.8", "10.0.0.7"];
    await harness.clock.advanceAsync(30_000);
    await harness.backend.resolve();
    assertEquals(harness.backend.address()?.hostname, "10.0.0.7");
  });

  it("keeps the last answer while the resolver fails, and retries at a bounded rate", async () => {
    const harness = makeBackend("db.internal", ["10.0.0.7"]);
    await harness.backend.resolve();
    harness.answer = new Error("resolver is down");
    for (let ms = 0; ms < 40_000; ms += 100) {
      await harness.clock.advanceAsync(100);
      assertEquals(harness.backend.address()?.hostname, "10.0.0.7");
    }
    // Due at 30 s, then once a second.
    assertEquals(harness.failures, 10);
  });

  it("takes the name's next address when one turns out to be unusable", async () => {
    const harness = makeBackend("db.internal", ["2001:db8::7", "10.0.0.7"]);
    await harness.backend.resolve();
    const unusable = harness.backend.address()!;
    harness.backend.reportUnusable(unusable);
    harness.backend.reportUnusable(unusable); // by another flow: counts once
    assertEquals(harness.backend.address()?.hostname, "10.0.0.7");
  });
});

describe("resolveHost", () => {
  function resolveWith(lookup: Lookup, clock = new FakeClock()): Promise<readonly string[]> {
    return resolveHost("name", { lookup, clock, timeoutMs: 10_000, maxAddresses: 2 });
  }

  it("gives canonical addresses, each once, and no more than its limit", async () => {
    const lookup = () => Promise.resolve(["::ffff:10.0.0.1", "10.0.0.1", "0:0::1", "10.0.0.2"]);
    assertEquals(await resolveWith(lookup), ["10.0.0.1", "::1"]);
  });

  it("fails when the resolver knows no usable address", async () => {
    await assertRejects(() => resolveWith(() => Promise.resolve([])), LookupError, "no address");
    await assertRejects(() => resolveWith(() => Promise.resolve(["fe80::1%eth0"])), LookupError);
  });

  it("gives a stuck resolver up and leaves no timer behind", async () => {
    const clock = new FakeClock();
    const stuck = resolveWith(() => new Promise(() => {}), clock);
    clock.advance(10_000);
    await assertRejects(() => stuck, LookupError, "too long");
    await resolveWith(() => Promise.resolve(["10.0.0.1"]), clock);
    assertEquals(clock.pendingTimers, 0);
  });
});

describe("lookupWithSystem", () => {
  it("knows localhost", async () => {
    const [first] = await lookupWithSystem("localhost");
    assertEquals(first === "127.0.0.1" || first === "::1", true);
  });

  it("fails with the name and the resolver's code", async () => {
    await assertRejects(() => lookupWithSystem("nothing.invalid"), LookupError, "nothing.invalid");
  });
});
