import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates } from "../tests/support/certificates.ts";
import { waitFor } from "../tests/support/wait.ts";
import { systemClock } from "../tunnel/clock.ts";
import { silentLogger } from "../tunnel/log.ts";
import type { ServerTls } from "../tunnel/quic/tls_config.ts";
import { QuicDialer, type RelayConnectionHandler } from "./relay_dialer.ts";
import { TestRelay } from "./test_relay.ts";

let certificates: TestCertificates;
let relayTls: ServerTls;

before(async () => {
  certificates = await TestCertificates.create();
  relayTls = { identity: await certificates.server(), clientCertificate: "none" };
});
after(() => certificates[Symbol.dispose]());

const indifferent: RelayConnectionHandler = {
  onEstablished(): void {},
  onDatagram(): void {},
  onClosed(): void {},
};

function newDialer(): QuicDialer {
  return new QuicDialer({
    tls: { caFile: certificates.caFile, verifyPeer: true },
    serverName: "ztna-server",
    clock: systemClock,
    logger: silentLogger,
  });
}

describe("QuicDialer", () => {
  it("counts the traffic of all connections, those that have ended included", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    const dialer = newDialer();
    let lastBytes = 0;
    for (let round = 0; round < 2; round++) {
      const link = dialer.dial(relay.address, indifferent);
      await waitFor(() => relay.clients.length > round, "the connection");
      await waitFor(() => dialer.traffic().bytesReceived > lastBytes, "what the relay says");
      await link.close(0, "", 1000);
      const { packetsSent, bytesReceived } = dialer.traffic();
      assert(packetsSent > 0 && bytesReceived > lastBytes);
      lastBytes = bytesReceived;
    }
  });

  it("counts faults of ours, each of which closes its connection", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    const dialer = newDialer();
    const onEstablished = (): void => {
      throw new Error("a fault");
    };
    const link = dialer.dial(relay.address, { ...indifferent, onEstablished });
    await waitFor(() => dialer.traffic().handlerErrors === 1, "the fault");
    await link.close(0, "", 0);
    assertEquals(dialer.traffic().handlerErrors, 1);
  });

  it("counts what the system refuses to send", async () => {
    const dialer = newDialer();
    const link = dialer.dial({ hostname: "127.0.0.1", port: 0 }, indifferent);
    await waitFor(() => dialer.traffic().sendErrors > 0, "the system's refusal");
    await link.close(0, "", 0);
    assert(dialer.traffic().sendErrors > 0);
  });

  const skip = Deno.build.os !== "linux";
  it("tells what the system holds for connections that are open", { skip }, async () => {
    await using relay = new TestRelay({ tls: relayTls });
    const dialer = newDialer();
    const link = dialer.dial(relay.address, indifferent);
    assert(dialer.sockets.memory()!.bufferBytes > 0);
    await link.close(0, "", 0);
    assertEquals(dialer.sockets.memory(), { queuedBytes: 0, bufferBytes: 0, drops: 0 });
  });
});
