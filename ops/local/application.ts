/**
 * The local deployment's sample application: sends back what it gets, by UDP and by TCP on the same
 * port. Arguments: address and port to listen on.
 */

/** Connections beyond this are closed at once, so that nobody uses up the file descriptors. */
const maxConnections = 256;

/** An application that listens. */
export interface EchoApplication extends AsyncDisposable {
  /** The port, of UDP and of TCP. */
  readonly port: number;
}

/**
 * Starts the application.
 *
 * @param port 0 for any that is free.
 * @throws {Deno.errors.AddrInUse} when the port is taken.
 */
export function startApplication(hostname: string, port: number): EchoApplication {
  const tcp = Deno.listen({ hostname, port });
  let udp: Deno.DatagramConn;
  try {
    udp = Deno.listenDatagram({ hostname, port: tcp.addr.port, transport: "udp" });
  } catch (error) {
    tcp.close();
    throw error;
  }
  const connections = new Set<Deno.TcpConn>();
  const loops = [echoDatagrams(udp), acceptConnections(tcp, connections)];
  return {
    port: tcp.addr.port,
    async [Symbol.asyncDispose](): Promise<void> {
      tcp.close();
      udp.close();
      for (const connection of connections) connection.close();
      await Promise.all(loops);
    },
  };
}

async function echoDatagrams(socket: Deno.DatagramConn): Promise<void> {
  for (;;) {
    try {
      const [data, sender] = await socket.receive();
      await socket.send(data, sender);
    } catch (error) {
      if (isClosed(error)) return;
      await pause(); // Anything else concerns one sender, such as one whose socket is gone.
    }
  }
}

async function acceptConnections(
  listener: Deno.TcpListener,
  connections: Set<Deno.TcpConn>,
): Promise<void> {
  for (;;) {
    try {
      const connection = await listener.accept();
      if (connections.size >= maxConnections) {
        connection.close();
        continue;
      }
      connections.add(connection);
      void echoStream(connection).finally(() => connections.delete(connection));
    } catch (error) {
      if (isClosed(error)) return;
      await pause(); // such as too many open files
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}

/** An error that stays must not keep a processor busy. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

async function echoStream(connection: Deno.TcpConn): Promise<void> {
  try {
    await connection.readable.pipeTo(connection.writable);
  } catch {
    // The other side has gone; both directions are closed by now.
  }
}

if (import.meta.main) {
  const [hostname = "127.0.0.1", port = "0"] = Deno.args;
  startApplication(hostname, Number(port));
}
