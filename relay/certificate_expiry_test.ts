import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { CertificateExpiry } from "./certificate_expiry.ts";

const epochMs = Date.UTC(2030, 0, 1);

describe("CertificateExpiry", () => {
  it("fires in the millisecond after a certificate's end, and not before", () => {
    const clock = new FakeClock();
    const expiry = new CertificateExpiry(clock, () => epochMs + clock.now());
    const fired: string[] = [];
    expiry.watch(epochMs + 2000, () => fired.push("second"));
    expiry.watch(epochMs + 1000, () => fired.push("first"));
    clock.advance(1000);
    assertEquals(fired, []);
    clock.advance(1);
    assertEquals(fired, ["first"]);
    clock.advance(1000);
    assertEquals([fired, clock.pendingTimers], [["first", "second"], 0]);
  });

  it("forgets what is disposed of", () => {
    const clock = new FakeClock();
    const expiry = new CertificateExpiry(clock, () => epochMs + clock.now());
    const fired: string[] = [];
    const watched = expiry.watch(epochMs + 1000, () => fired.push("gone"));
    expiry.watch(epochMs + 2000, () => fired.push("there"));
    watched[Symbol.dispose]();
    watched[Symbol.dispose]();
    clock.advance(10_000);
    assertEquals([fired, expiry.size], [["there"], 0]);
  });

  it("fires soon for a certificate that has ended already, but not at once", () => {
    const clock = new FakeClock();
    const expiry = new CertificateExpiry(clock, () => epochMs + clock.now());
    const fired: string[] = [];
    expiry.watch(epochMs - 1000, () => fired.push("past"));
    assertEquals(fired, []);
    clock.advance(0);
    assertEquals(fired, ["past"]);
  });

  it("follows a wall clock that is corrected", () => {
    const clock = new FakeClock();
    let correctionMs = 0;
    const expiry = new CertificateExpiry(clock, () => epochMs + clock.now() + correctionMs);
    const fired: string[] = [];
    const dayMs = 86_400_000;
    expiry.watch(epochMs + dayMs, () => fired.push("end"));
    correctionMs = dayMs;
    clock.advance(3_600_000);
    assertEquals(fired, ["end"]);
  });

  it("waits again when the wall clock was set back", () => {
    const clock = new FakeClock();
    let correctionMs = 0;
    const expiry = new CertificateExpiry(clock, () => epochMs + clock.now() + correctionMs);
    const fired: string[] = [];
    expiry.watch(epochMs + 1000, () => fired.push("end"));
    correctionMs = -5000;
    clock.advance(1001);
    assertEquals(fired, []);
    clock.advance(5000);
    assertEquals(fired, ["end"]);
  });

  it("holds one timer for any number of certificates, and none when disposed of", () => {
    const clock = new FakeClock();
    const expiry = new CertificateExpiry(clock, () => epochMs + clock.now());
    for (let i = 1000; i > 0; i--) expiry.watch(epochMs + i * 60_000, () => {});
    assertEquals([clock.pendingTimers, expiry.size], [1, 1000]);
    expiry[Symbol.dispose]();
    assertEquals(clock.pendingTimers, 0);
  });
});
