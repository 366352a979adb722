const hostname = "127.0.0.1";

/**
 * A port of 127.0.0.1 that nobody uses, for programs that don't say which one they have taken, or
 * must have the same one again. Somebody may take it before they do.
 */
export function freePort(transport: "tcp" | "udp" = "tcp"): number {
  if (transport === "tcp") {
    using listener = Deno.listen({ hostname, port: 0 });
    return listener.addr.port;
  }
  const socket = Deno.listenDatagram({ transport, hostname, port: 0 });
  try {
    return (socket.addr as Deno.NetAddr).port;
  } finally {
    socket.close();
  }
}
