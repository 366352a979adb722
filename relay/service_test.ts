import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { AgentServices, ConnectorRegistration, hashBytes, Service } from "./service.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const newService = (id: string): Service<string> => new Service(id, bytes(id));

function serving(service: Service<string>): string[] {
  return service.serving.map((registration) => registration.owner!).sort();
}

function add(
  service: Service<string>,
  owner: string,
  name?: string,
): ConnectorRegistration<string> {
  const registration = new ConnectorRegistration(service, owner, name);
  service.add(registration);
  return registration;
}

describe("Service", () => {
  it("is shared by connectors with different certificates", () => {
    const service = newService("web");
    add(service, "first", "a");
    add(service, "second", "b");
    assertEquals(serving(service), ["first", "second"]);
  });

  it("goes to the newest connection of a certified name at once", () => {
    const service = newService("web");
    const old = add(service, "old", "a");
    const replaced = service.add(new ConnectorRegistration(service, "new", "a"));
    assertStrictEquals(replaced, old);
    assertEquals([serving(service), old.isServing], [["new"], false]);
  });

  it("goes to the newest anonymous connector", () => {
    const service = newService("web");
    const old = add(service, "old");
    add(service, "new");
    assertEquals([serving(service), old.isServing], [["new"], false]);
  });

  it("leaves the anonymous connector aside while a certified one is there", () => {
    const service = newService("web");
    const anonymous = add(service, "anonymous");
    const certified = add(service, "certified", "a");
    assertEquals([serving(service), anonymous.isServing], [["certified"], false]);
    service.remove(certified);
    assertEquals([serving(service), anonymous.isServing], [["anonymous"], true]);
  });

  it("takes an anonymous connector that comes second as a reserve", () => {
    const service = newService("web");
    add(service, "certified", "a");
    const anonymous = add(service, "anonymous");
    assertEquals([serving(service), anonymous.isServing], [["certified"], false]);
  });

  it("goes back to the one that was replaced last when nobody else is left", () => {
    const service = newService("web");
    const owners = ["first", "second", "third"];
    const registrations = owners.map((owner) => add(service, owner));
    service.remove(registrations[2]!);
    assertEquals(serving(service), ["second"]);
    service.remove(registrations[1]!);
    assertEquals(serving(service), ["first"]);
    service.remove(registrations[0]!);
    assert(service.isAbandoned);
  });

  it("does not go back to a replaced connection while others serve", () => {
    const service = newService("web");
    const old = add(service, "old", "a");
    const current = add(service, "new", "a");
    add(service, "other", "b");
    service.remove(current);
    assertEquals([serving(service), old.isServing], [["other"], false]);
  });

  it("forgets a replaced connection that ends", () => {
    const service = newService("web");
    const [first, second, third] = ["1", "2", "3"].map((owner) => add(service, owner));
    service.remove(second!);
    service.remove(third!);
    assertEquals(serving(service), ["1"]);
    service.remove(first!);
    assertEquals(serving(service), []);
  });

  it("gives a replaced connection its place back when it registers again", () => {
    const service = newService("web");
    const old = add(service, "old", "a");
    const current = add(service, "new", "a");
    assertStrictEquals(service.add(old), current);
    assertEquals(serving(service), ["old"]);
    assertEquals(service.add(old), undefined);
    assertEquals(serving(service), ["old"]);
  });
});

describe("AgentServices", () => {
  it("finds each service by the bytes of its ID, also right after another one", () => {
    const services = new AgentServices<string>();
    const ids = ["a", "ab", "b", "", "ä", "x".repeat(255)];
    for (const id of ids) services.add(newService(id));
    for (const id of [...ids, ...ids.toReversed(), ...ids]) {
      const message = bytes(`??${id}rest`);
      assertEquals(services.find(message, 2, 2 + bytes(id).length)?.id, id);
    }
  });

  it("finds nothing under a prefix, an extension or another case of an ID", () => {
    const services = new AgentServices<string>();
    for (const id of ["web-app", "other"]) services.add(newService(id));
    for (const id of ["web-ap", "web-app1", "Web-app", ""]) {
      assertEquals(services.find(bytes(id), 0, bytes(id).length), undefined);
    }
  });

  it("tells apart IDs with the same hash", () => {
    // Found by search: FNV-1a gives both the same 32 bits.
    const [one, two] = ["003pwu", "00a5fa"] as const;
    assertEquals(hashBytes(bytes(one), 0, one.length), hashBytes(bytes(two), 0, two.length));
    const services = new AgentServices<string>();
    for (const id of ["first", one, two]) services.add(newService(id));
    for (const id of [one, two, one]) {
      assertEquals(services.find(bytes(id), 0, id.length)?.id, id);
    }
  });

  it("finds nothing before the first registration", () => {
    assertEquals(new AgentServices<string>().find(bytes("a"), 0, 1), undefined);
  });
});
