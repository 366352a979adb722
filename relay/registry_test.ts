import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Registry, type RegistryLimits } from "./registry.ts";
import type { AgentServices, ConnectorRegistration, Registrant } from "./service.ts";

class Client implements Registrant<Client> {
  agentServices: AgentServices<Client> | undefined;
  connectorServices: Map<string, ConnectorRegistration<Client>> | undefined;

  constructor(readonly label: string, readonly certifiedName: string | undefined) {}
}

const roomy: RegistryLimits = {
  maxServices: 100,
  maxServicesPerConnection: 100,
  maxConnectorsPerService: 100,
};

function serving(registry: Registry<Client>, id: string): string[] {
  const registrations = registry.services.get(id)?.serving ?? [];
  return registrations.map(({ owner }) => owner!.label).sort();
}

describe("Registry", () => {
  it("registers an agent once, however often it asks", () => {
    const registry = new Registry<Client>();
    const agent = new Client("agent", undefined);
    assertEquals(registry.registerAgent(agent, "web").kind, "registered");
    assertEquals(registry.registerAgent(agent, "web").kind, "repeated");
    assertEquals(agent.agentServices?.list.length, 1);
    assertEquals([registry.agentCount, registry.connectorCount], [1, 0]);
  });

  it("takes several services of one agent and of one connector", () => {
    const registry = new Registry<Client>();
    const [agent, connector] = [new Client("a", undefined), new Client("c", "c")];
    for (const id of ["one", "two"]) {
      registry.registerAgent(agent, id);
      registry.registerConnector(connector, id);
    }
    assertEquals([serving(registry, "one"), serving(registry, "two")], [["c"], ["c"]]);
    registry.unregister(connector);
    assertEquals([serving(registry, "one"), serving(registry, "two")], [[], []]);
    registry.unregister(agent);
    assertEquals(registry.services.size, 0);
  });

  it("names the connection whose place a registration takes", () => {
    const registry = new Registry<Client>();
    const [old, current] = [new Client("old", "c"), new Client("new", "c")];
    registry.registerConnector(old, "web");
    const result = registry.registerConnector(current, "web");
    assertEquals(result.kind === "registered" && result.replaced?.label, "old");
  });

  it("takes the place back when a replaced connection registers again", () => {
    const registry = new Registry<Client>();
    const [old, current] = [new Client("old", "c"), new Client("new", "c")];
    registry.registerConnector(old, "web");
    registry.registerConnector(current, "web");
    const result = registry.registerConnector(old, "web");
    assertEquals(result.kind === "registered" && result.replaced?.label, "new");
    assertEquals(serving(registry, "web"), ["old"]);
  });

  it("accepts the empty service ID and tells IDs apart by case", () => {
    const registry = new Registry<Client>();
    const agent = new Client("agent", undefined);
    for (const id of ["", "web", "Web"]) registry.registerAgent(agent, id);
    assertEquals([...registry.services.keys()], ["", "web", "Web"]);
  });

  it("refuses more services than its bounds allow", () => {
    const registry = new Registry<Client>({
      maxServices: 3,
      maxServicesPerConnection: 2,
      maxConnectorsPerService: 1,
    });
    const [one, two] = [new Client("1", "1"), new Client("2", "2")];
    registry.registerAgent(one, "a");
    registry.registerConnector(one, "b");
    assertEquals(registry.registerAgent(one, "c"), {
      kind: "refused",
      limit: "services_per_connection",
    });
    assertEquals(registry.registerConnector(two, "b"), {
      kind: "refused",
      limit: "connectors_per_service",
    });
    registry.registerAgent(two, "c");
    assertEquals(registry.registerAgent(two, "d"), { kind: "refused", limit: "services" });
    assertEquals(registry.services.size, 3);
    assertEquals(registry.registerAgent(one, "a").kind, "repeated");
  });

  it("forgets a connection's registrations only", () => {
    const registry = new Registry<Client>(roomy);
    const clients = ["1", "2", "3"].map((label) => new Client(label, label));
    for (const client of clients) {
      registry.registerConnector(client, "web");
      registry.registerAgent(client, "db");
    }
    registry.unregister(clients[1]!);
    registry.unregister(clients[1]!);
    assertEquals(serving(registry, "web"), ["1", "3"]);
    assertEquals([...registry.services.get("db")!.agents].map(({ label }) => label), ["1", "3"]);
    assertEquals([registry.agentCount, registry.connectorCount], [2, 2]);
  });
});

/** The rules in their plainest form: every registration in the order of its last repetition. */
class Model {
  #connectors: { client: number; service: string }[] = [];
  readonly #agents = new Set<string>();
  readonly #replaced = new Set<string>();

  constructor(readonly names: readonly (string | undefined)[]) {}

  registerConnector(client: number, service: string): void {
    const key = `${client} ${service}`;
    this.#connectors = this.#connectors.filter((entry) =>
      entry.client !== client || entry.service !== service
    );
    for (const other of this.#of(service)) {
      const current = !this.#replaced.has(`${other.client} ${service}`);
      if (current && this.names[other.client] === this.names[client]) {
        this.#replaced.add(`${other.client} ${service}`);
        // It joins those that wait as the newest of them.
        this.#connectors = [...this.#connectors.filter((entry) => entry !== other), other];
      }
    }
    this.#connectors.push({ client, service });
    this.#replaced.delete(key);
  }

  registerAgent(client: number, service: string): void {
    this.#agents.add(`${client} ${service}`);
  }

  close(client: number): void {
    const services = new Set(
      this.#connectors.filter((entry) => entry.client === client).map(({ service }) => service),
    );
    this.#connectors = this.#connectors.filter((entry) => entry.client !== client);
    for (const key of [...this.#agents, ...this.#replaced]) {
      if (!key.startsWith(`${client} `)) continue;
      this.#agents.delete(key);
      this.#replaced.delete(key);
    }
    for (const service of services) this.#restore(service);
  }

  serving(service: string): number[] {
    const current = this.#of(service).filter((entry) =>
      !this.#replaced.has(`${entry.client} ${service}`)
    );
    const certified = current.filter(({ client }) => this.names[client] !== undefined);
    return (certified.length > 0 ? certified : current).map(({ client }) => client).sort();
  }

  agents(service: string): number[] {
    return this.names.map((_, client) => client).filter((client) =>
      this.#agents.has(`${client} ${service}`)
    );
  }

  #of(service: string): { client: number; service: string }[] {
    return this.#connectors.filter((entry) => entry.service === service);
  }

  #restore(service: string): void {
    if (this.serving(service).length > 0) return;
    const newest = this.#of(service).at(-1);
    if (newest !== undefined) this.#replaced.delete(`${newest.client} ${service}`);
  }
}

const names = ["x", "x", "x", "y", "y", undefined, undefined, undefined];
const services = ["web", "db"];

const step = fc.record({
  action: fc.constantFrom("agent", "connector", "connector", "connector", "close"),
  client: fc.nat(names.length - 1),
  service: fc.constantFrom(...services),
});

describe("Registry against its model", () => {
  it("has the same agents and serving connectors after any sequence of events", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const registry = new Registry<Client>(roomy);
      const model = new Model(names);
      const clients = names.map((name, index) => new Client(String(index), name));
      for (const { action, client, service } of steps) {
        if (action === "agent") {
          registry.registerAgent(clients[client]!, service);
          model.registerAgent(client, service);
        } else if (action === "connector") {
          registry.registerConnector(clients[client]!, service);
          model.registerConnector(client, service);
        } else {
          registry.unregister(clients[client]!);
          model.close(client);
        }
        for (const id of services) {
          assertEquals(serving(registry, id), model.serving(id).map(String));
          const agents = [...registry.services.get(id)?.agents ?? []].map(({ label }) => label);
          assertEquals(agents.sort(), model.agents(id).map(String));
          for (const registration of registry.services.get(id)?.serving ?? []) {
            assertEquals(registration.isServing, true);
          }
        }
      }
      for (const client of clients) registry.unregister(client);
      assertEquals(
        [registry.services.size, registry.agentCount, registry.connectorCount],
        [0, 0, 0],
      );
    }));
  });

  it("marks exactly the serving registrations as serving", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const registry = new Registry<Client>(roomy);
      const clients = names.map((name, index) => new Client(String(index), name));
      for (const { action, client, service } of steps) {
        if (action === "close") registry.unregister(clients[client]!);
        else registry.registerConnector(clients[client]!, service);
        const marked = clients.flatMap((each) =>
          [...each.connectorServices?.values() ?? []].filter(({ isServing }) => isServing)
        );
        const listed = [...registry.services.values()].flatMap((each) => each.serving);
        assertEquals(new Set(marked), new Set(listed));
      }
    }));
  });
});
