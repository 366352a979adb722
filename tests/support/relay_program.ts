import { assert } from "@std/assert";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { Program } from "./program.ts";
import type { TunnelLab } from "./tunnel_lab.ts";

/**
 * Arguments of a relay process that admits everybody: on a free port, and without admin endpoints,
 * unless given.
 */
export function relayArguments(lab: TunnelLab, port = 0, metricsPort = 0): string[] {
  const { certificateFile, keyFile, caFile } = lab.relayConfig();
  return [
    ...["--port", String(port), "--bind", "127.0.0.1", "--metrics-port", String(metricsPort)],
    ...["--cert", certificateFile, "--key", keyFile, "--ca-cert", caFile!],
    "--no-require-client-cert",
  ];
}

/** Waits until a relay process is ready, and reads from its log where it is. */
export async function relayAddress(relay: Program): Promise<SocketAddress> {
  await relay.logged("ready");
  const { address } = await relay.logged("relay_started");
  assert(typeof address === "string");
  const [hostname = "", port = ""] = address.split(":");
  return { hostname, port: Number(port) };
}
