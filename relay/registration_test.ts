import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { registrationBurst, registrationsPerSecond } from "./limits.ts";
import { TestBench, type TestBenchOptions, type TestClient } from "./test_bench.ts";

/** Sends a message in hexadecimal; the relay's answers in hexadecimal. */
function answers(client: TestClient, message: string): string[] {
  client.send(Uint8Array.fromHex(message));
  return client.connection.received.splice(0).map((answer) => answer.toHex());
}

function counts(
  { metrics: { counter } }: TestBench,
): [registrations?: number, rejections?: number] {
  return [counter.registrations.value ?? 0, counter.registrationRejections.value ?? 0];
}

const nobody = { connections: 0, agents: 0, connectors: 0, refusedConnections: 0 };
const longId = "61".repeat(255);

describe("RegistrationDesk, messages", () => {
  const accepted: Record<string, [message: string, ack: string]> = {
    "D06, an agent": ["100c6563686f2d73657276696365", "12000c6563686f2d73657276696365"],
    "D07, a connector": ["110c746573742d73657276696365", "12000c746573742d73657276696365"],
    "D10, the empty service ID": ["1000", "120000"],
    "D13, stray bytes after the ID": ["1003737663ffff", "120003737663"],
    "D14, an ID of 255 bytes": [`11ff${longId}`, `1200ff${longId}`],
  };
  for (const [what, [message, ack]] of Object.entries(accepted)) {
    it(`acknowledges ${what}`, () => {
      const bench = new TestBench();
      assertEquals(answers(bench.connect(), message), [ack]);
      assertEquals(counts(bench), [1, 0]);
    });
  }

  const ignored = { "D08, a truncated ID": "10ff74657374", "D09, the type byte only": "10" };
  for (const [what, message] of Object.entries(ignored)) {
    it(`does not answer ${what}`, () => {
      const bench = new TestBench();
      const client = bench.connect();
      assertEquals(answers(client, message), []);
      assertEquals([counts(bench), bench.drops("malformed_registration")], [[0, 0], 1]);
      assertEquals(client.connection.isClosed, false);
    });
  }

  it("refuses D11, an ID that is not UTF-8, with status 1 and an empty ID", () => {
    const bench = new TestBench();
    assertEquals(answers(bench.connect(), "1002c328"), ["130100"]);
    assertEquals(counts(bench), [0, 1]);
  });

  it("acknowledges and counts every repetition", () => {
    const bench = new TestBench();
    const client = bench.connect();
    for (let i = 0; i < 3; i++) assertEquals(answers(client, "1003737663"), ["120003737663"]);
    assertEquals([counts(bench), bench.registry.services.get("svc")?.agents.size], [[3, 0], 1]);
  });

  it("counts refusals by their reason", () => {
    const bench = new TestBench({
      requireClientCertificate: true,
      limits: { maxServicesPerConnection: 1 },
    });
    const client = bench.registered("agent", ["a"], "name");
    answers(client, "1002c328");
    const registered = bench.connect("both", ["agent:b", "agent:c"]);
    for (const service of ["b", "c", "d"]) registered.register("agent", service);
    bench.drain.begin(new Date(0), 2);
    bench.connect("late", ["agent:a"]).register("agent", "a");
    const { rejectedRegistrations } = bench.metrics.counter;
    const byReason = [...rejectedRegistrations.series()].map(({ labels, instrument }) =>
      `${labels.reason} ${instrument.value}`
    );
    assertEquals(byReason, ["unauthorized 1", "limit 1", "draining 1", "invalid 1"]);
  });

  it("goes on when the answer can't be queued", () => {
    const bench = new TestBench();
    const client = bench.connect();
    client.connection.refusal = "queue_full";
    assertEquals(answers(client, "1003737663"), []);
    client.connection.refusal = undefined;
    assertEquals(answers(client, "1003737663"), ["120003737663"]);
  });
});

describe("RegistrationDesk, authorisation", () => {
  const d12 = "1302077765622d617070";
  const agentOfWebApp = "10077765622d617070";
  const ack = "1200077765622d617070";
  const cases: [
    what: string,
    names: readonly string[] | undefined,
    isRequired: boolean,
    answer: string,
  ][] = [
    ["no certificate, required", undefined, true, d12],
    ["no certificate, not required", undefined, false, ack],
    ["a certificate for it", ["agent:web-app"], true, ack],
    ["a certificate for all services", ["agent:*"], true, ack],
    ["a certificate without names", [], true, d12],
    ["a certificate without names, not required", [], false, d12],
    ["a certificate for another service", ["agent:web"], true, d12],
    ["a certificate for the other role", ["connector:web-app"], true, d12],
    ["a certificate for another service, not required", ["agent:web"], false, d12],
  ];
  for (const [what, names, requireClientCertificate, answer] of cases) {
    it(`answers an agent with ${what}: ${answer === ack ? "ACK" : "NACK 2"}`, () => {
      const bench = new TestBench({ requireClientCertificate });
      const client = bench.connect(names && "someone", names);
      assertEquals(answers(client, agentOfWebApp), [answer]);
      assertEquals(bench.registry.services.has("web-app"), answer === ack);
    });
  }

  it("compares service IDs with their case", () => {
    const bench = new TestBench({ requireClientCertificate: true });
    const client = bench.connect("someone", ["agent:web"]);
    assertEquals(client.register("agent", "Web").map(([type]) => type), [0x13]);
  });
});

describe("RegistrationDesk, while the relay drains", () => {
  it("refuses what is new with status 3, and acknowledges what was there", () => {
    const bench = new TestBench();
    const agent = bench.registered("agent", ["web"]);
    const connector = bench.registered("connector", ["web"]);
    bench.drain.begin(new Date(0), 2);
    assertEquals(answers(agent, "1003776562"), ["120003776562"]);
    assertEquals(answers(connector, "1103776562"), ["120003776562"]);
    for (const message of ["1103776562", "10026462"]) {
      assertEquals(answers(agent, message), [`1303${message.slice(2)}`], message);
    }
    assertEquals([...bench.registry.services.keys()], ["web"]);
    assertEquals(counts(bench), [4, 2]);
    assertEquals(bench.drain.status(nobody).refusedRegistrations, 2);
  });

  it("gives a connector that was replaced its place back", () => {
    const bench = new TestBench();
    const [first, second] = [1, 2].map(() => bench.registered("connector", ["web"]));
    bench.drain.begin(new Date(0), 2);
    assertEquals(answers(first!, "1103776562"), ["120003776562"]);
    const [serving] = bench.registry.services.get("web")!.serving;
    assertEquals([serving!.owner === first!.peer, second!.connection.isClosed], [true, false]);
  });

  it("says first who may not register at all", () => {
    const bench = new TestBench({ requireClientCertificate: true });
    bench.drain.begin(new Date(0), 0);
    const client = bench.connect("someone", ["agent:db"]);
    assertEquals(answers(client, "1003776562"), ["130203776562"]);
    assertEquals(bench.drain.status(nobody).refusedRegistrations, 0);
  });
});

describe("RegistrationDesk, bounds", () => {
  function nacks(options: TestBenchOptions, services: number): [number, TestBench] {
    const bench = new TestBench(options);
    const client = bench.connect();
    let refused = 0;
    for (let i = 0; i < services; i++) {
      if (client.register("agent", `service ${i}`)[0]?.[0] === 0x13) refused += 1;
    }
    return [refused, bench];
  }

  it("refuses more services than one connection may have", () => {
    const [refused, bench] = nacks({ limits: { maxServicesPerConnection: 5 } }, 8);
    assertEquals([refused, bench.reached("services_per_connection"), counts(bench)], [3, 3, [
      5,
      3,
    ]]);
  });

  it("refuses more services than there may be", () => {
    const [refused, bench] = nacks({ limits: { maxServices: 6 } }, 8);
    assertEquals([refused, bench.reached("services")], [2, 2]);
  });

  it("ignores a flood of registrations and answers again later", () => {
    const bench = new TestBench();
    const [flooder, other] = [bench.connect(), bench.connect()];
    let answered = 0;
    for (let i = 0; i < 5000; i++) answered += flooder.register("agent", "svc").length;
    assertEquals(answered, registrationBurst);
    assertEquals(bench.drops("registration_rate"), 5000 - registrationBurst);
    assertEquals(bench.reached("registration_rate"), 5000 - registrationBurst);
    assertEquals(other.register("agent", "svc").length, 1);
    bench.clock.advance(1000);
    answered = 0;
    for (let i = 0; i < 500; i++) answered += flooder.register("agent", "svc").length;
    assertEquals(answered, registrationsPerSecond);
  });

  it("lets a connection register all the services that it may have at once, twice", () => {
    const bench = new TestBench();
    const client = bench.connect();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 256; i++) assertEquals(client.register("agent", `${i}`).length, 1);
    }
    assert(bench.reached("registration_rate") === 0);
  });
});
