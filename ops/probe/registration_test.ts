import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Registration } from "./registration.ts";

const ack = { accepted: true, status: 0, serviceId: "web" };
const nack = { accepted: false, status: 2, serviceId: "web" };

describe("Registration", () => {
  it("is sent at once, then every 2 s, three times in all", () => {
    const registration = new Registration("web");
    const sends: number[] = [];
    for (let now = 0; now <= 20_000; now += 100) {
      if (registration.poll(now) === "send") sends.push(now);
    }
    assertEquals(sends, [0, 2000, 4000]);
    assertEquals(registration.state, "silent");
  });

  it("waits as long for the third answer as for the first", () => {
    const registration = new Registration("web");
    for (const now of [0, 2000, 4000]) registration.poll(now);
    registration.poll(5999);
    assertEquals(registration.state, "pending");
    registration.poll(6000);
    assertEquals(registration.state, "silent");
  });

  it("says when it wants to be polled", () => {
    const registration = new Registration("web");
    assertEquals(registration.nextPollMs, -Infinity);
    registration.poll(100);
    assertEquals(registration.nextPollMs, 2100);
    registration.answer(ack);
    assertEquals(registration.nextPollMs, Infinity);
  });

  it("is registered by an ACK and sends nothing more", () => {
    const registration = new Registration("web");
    registration.poll(0);
    registration.answer(ack);
    assertEquals([registration.state, registration.poll(2000)], ["registered", "wait"]);
  });

  it("is denied by a NACK, with its status", () => {
    const registration = new Registration("web");
    registration.poll(0);
    registration.answer(nack);
    assertEquals([registration.state, registration.status], ["denied", 2]);
    assertEquals(registration.poll(2000), "wait");
  });

  it("takes a late ACK, and no NACK after one", () => {
    const registration = new Registration("web");
    for (const now of [0, 2000, 4000, 6000]) registration.poll(now);
    registration.answer(ack);
    registration.answer(nack);
    assertEquals(registration.state, "registered");
  });

  it("looks at no answer for another service, nor at one before it was sent", () => {
    const registration = new Registration("web");
    registration.answer(ack);
    assertEquals(registration.state, "new");
    registration.poll(0);
    registration.answer({ ...ack, serviceId: "Web" });
    assertEquals(registration.state, "pending");
  });

  it("starts anew on a new connection", () => {
    const registration = new Registration("web");
    for (const now of [0, 2000, 4000, 6000]) registration.poll(now);
    registration.reset();
    assertEquals([registration.state, registration.poll(6000)], ["new", "send"]);
  });
});
