import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startApplication } from "./application.ts";

const hostname = "127.0.0.1";

async function writeAll(connection: Deno.TcpConn, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length;) at += await connection.write(data.subarray(at));
}

describe("sample application", () => {
  it("sends datagrams back", async () => {
    await using application = startApplication(hostname, 0);
    const socket = Deno.listenDatagram({ hostname, port: 0, transport: "udp" });
    const to = { transport: "udp", hostname, port: application.port } as const;
    for (const size of [0, 1, 1400]) {
      await socket.send(new Uint8Array(size).fill(7), to);
      assertEquals((await socket.receive())[0], new Uint8Array(size).fill(7));
    }
    socket.close();
  });

  it("sends a stream back and ends it when the other side does", async () => {
    await using application = startApplication(hostname, 0);
    const connection = await Deno.connect({ hostname, port: application.port });
    const data = crypto.getRandomValues(new Uint8Array(60_000));
    const sent = writeAll(connection, data).then(() => connection.closeWrite());
    const received: number[] = [];
    const buffer = new Uint8Array(16_384);
    for (let size = await connection.read(buffer); size !== null;) {
      received.push(...buffer.subarray(0, size));
      size = await connection.read(buffer);
    }
    await sent;
    connection.close();
    assertEquals(Uint8Array.from(received), data);
  });

  it("goes on when a client goes away", async () => {
    await using application = startApplication(hostname, 0);
    for (let i = 0; i < 20; i++) {
      const connection = await Deno.connect({ hostname, port: application.port });
      await connection.write(new Uint8Array(10_000));
      connection.close();
    }
    const connection = await Deno.connect({ hostname, port: application.port });
    await connection.write(Uint8Array.of(1));
    assertEquals(await connection.read(new Uint8Array(10)), 1);
    connection.close();
  });
});
