/**
 * The floor: what the native library alone takes to receive one packet with a DATAGRAM on one
 * connection and to write one with the same payload on another. In memory: no socket, no relay.
 */
import { cpuUsage } from "node:process";
import { createClientConfig, createServerConfig } from "../../tunnel/quic/tls_config.ts";
import { maxUdpPayloadBytes } from "../../tunnel/quic/limits.ts";
import { type NativeConfig, type NativeConnection, quiche } from "../../tunnel/quic/quiche.ts";
import { serveCommands } from "../worker.ts";

const [directory] = Deno.args;
const identity = (name: string) => ({
  certificateFile: `${directory}/${name}.pem`,
  keyFile: `${directory}/${name}.key`,
});
const caFile = `${directory}/ca.pem`;
const serverConfig = createServerConfig({
  identity: identity("relay"),
  caFile,
  clientCertificate: "require",
});
const clientConfig = createClientConfig({ identity: identity("agent"), caFile, verifyPeer: true });

const serverAddress = { host: "127.0.0.1", port: 1 };
const packet = new Uint8Array(maxUdpPayloadBytes);

interface Pair {
  readonly client: NativeConnection;
  readonly server: NativeConnection;
  readonly toServer: { from: typeof serverAddress; to: typeof serverAddress };
  readonly toClient: { from: typeof serverAddress; to: typeof serverAddress };
}

/** A client and a server connection whose handshake is complete. */
function connect(port: number, clientSide: NativeConfig, serverSide: NativeConfig): Pair {
  const clientAddress = { host: "127.0.0.1", port };
  const newCid = () => crypto.getRandomValues(new Uint8Array(20));
  const client = quiche.Connection.connect(
    null,
    newCid(),
    clientAddress,
    serverAddress,
    clientSide,
  );
  const server = quiche.Connection.accept(newCid(), null, serverAddress, clientAddress, serverSide);
  const pair = {
    client,
    server,
    toServer: { from: clientAddress, to: serverAddress },
    toClient: { from: serverAddress, to: clientAddress },
  };
  for (let round = 0; round < 10; round++) exchange(pair);
  return pair;
}

/** Carries everything that both sides have to say. */
function exchange(pair: Pair): void {
  for (let sent = pair.client.send(packet); sent !== null; sent = pair.client.send(packet)) {
    pair.server.recv(packet.subarray(0, sent[0]), pair.toServer);
  }
  for (let sent = pair.server.send(packet); sent !== null; sent = pair.server.send(packet)) {
    pair.client.recv(packet.subarray(0, sent[0]), pair.toClient);
  }
}

const warmUpMs = 500;
/** No more than the initial congestion window lets out. */
const batch = 10;
const incoming = Array.from({ length: batch }, () => new Uint8Array(maxUdpPayloadBytes));
const outgoing = Array.from({ length: batch }, () => new Uint8Array(maxUdpPayloadBytes));
const datagram = new Uint8Array(2048);

/** CPU time of this process, all threads, as the relay's is counted. */
function cpuMicroseconds(): number {
  const { user, system } = cpuUsage();
  return user + system;
}

/** CPU microseconds a datagram, over `seconds`. */
function measure(bytes: number, seconds: number): number {
  const agent = connect(2, clientConfig, serverConfig);
  const connector = connect(3, clientConfig, serverConfig);
  const payload = new Uint8Array(bytes);
  const lengths: number[] = [];
  let busyMicroseconds = 0;
  let count = 0;
  // The first part warms the code up and is not counted.
  const warmAt = performance.now() + warmUpMs;
  const end = warmAt + seconds * 1000;
  while (performance.now() < end) {
    for (let index = 0; index < batch; index++) {
      agent.client.dgramSend(payload);
      lengths[index] = agent.client.send(incoming[index]!)![0];
    }
    const isWarm = performance.now() >= warmAt;
    const startMicroseconds = cpuMicroseconds();
    for (let index = 0; index < batch; index++) {
      agent.server.recv(incoming[index]!.subarray(0, lengths[index]), agent.toServer);
      for (;;) {
        const length = agent.server.dgramRecv(datagram);
        if (length === null) break;
        connector.server.dgramSend(datagram.subarray(0, length));
      }
      lengths[index] = connector.server.send(outgoing[index]!)![0];
    }
    if (isWarm) {
      busyMicroseconds += cpuMicroseconds() - startMicroseconds;
      count += batch;
    }
    for (let index = 0; index < batch; index++) {
      connector.client.recv(outgoing[index]!.subarray(0, lengths[index]), connector.toClient);
      while (connector.client.dgramRecv(datagram) !== null);
    }
    // Acknowledgments are the peers' affair here: the floor has none.
    exchange(agent);
    exchange(connector);
  }
  return busyMicroseconds / count;
}

await serveCommands({
  measure: ({ bytes, seconds }) => ({ microseconds: measure(bytes!, seconds!) }),
});
