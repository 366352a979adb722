import type { QuicConnection } from "../../tunnel/quic/connection.ts";
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import type { TunnelLab } from "./tunnel_lab.ts";

/** Starts a relay of which a test decides what it answers to each DATAGRAM. */
export function startScriptedRelay(
  lab: TunnelLab,
  answer: (connection: QuicConnection, message: Uint8Array) => void,
): QuicEndpoint {
  const { certificateFile, keyFile } = lab.relayConfig();
  return lab.use(QuicEndpoint.bind({
    hostname: "127.0.0.1",
    port: 0,
    server: {
      tls: { identity: { certificateFile, keyFile }, clientCertificate: "none" },
      retry: undefined,
      handler: { onEstablished: () => {}, onDatagram: answer, onClosed: () => {} },
    },
  }));
}
