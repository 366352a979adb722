/** Many agents that register and then say nothing but their keep-alive. */
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import { decodeRegistrationReply, encodeRegistration } from "../../tunnel/wire/datagram_message.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { serveCommands } from "../worker.ts";

const [directory, relayPort, ...services] = Deno.args;
/** Handshakes under way at once. */
const concurrency = 32;
/** Keep-alive of the reference's agents (protocol section 1.7). */
const keepAliveMs = 10_000;

const endpoint = QuicEndpoint.bind({ hostname: "127.0.0.1", port: 0 });
const remote = { hostname: "127.0.0.1", port: Number(relayPort) };
const tls = {
  identity: { certificateFile: `${directory}/agent.pem`, keyFile: `${directory}/agent.key` },
  caFile: `${directory}/ca.pem`,
  verifyPeer: true,
};
const registrations = services.map((service) => encodeRegistration("agent", service) as Uint8Array);

function connectAll(count: number): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    let started = 0;
    let registered = 0;
    const startMs = performance.now();
    const next = (): void => {
      if (started === count) return;
      const registration = registrations[started % registrations.length]!;
      started += 1;
      endpoint.connect({
        remote,
        serverName: "ztna-server",
        tls,
        handler: {
          onEstablished(connection): void {
            connection.keepAlive(keepAliveMs);
            connection.sendDatagram(registration);
          },
          onDatagram(_, data): void {
            const reply = decodeRegistrationReply(data);
            if (isWireError(reply)) return;
            registered += 1;
            if (registered === count) {
              resolve({ registered, seconds: (performance.now() - startMs) / 1000 });
            }
            next();
          },
          onClosed: (_, reason) => reject(new Error(`Refused: ${JSON.stringify(reason)}`)),
        },
      });
    };
    for (let index = 0; index < concurrency; index++) next();
  });
}

await serveCommands({ connect: ({ count }) => connectAll(count!) });
