import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { LifecycleState } from "./lifecycle.ts";
import { encodeUnixAddress, notificationOf, serviceManager } from "./service_manager.ts";

function stateOf(reason: string | undefined, isShuttingDown = false): LifecycleState {
  const readiness = reason === undefined ? { ready: true } : { ready: false, reason };
  return { phase: "ready", isShuttingDown, readiness: () => readiness };
}

/** Where systemd would listen. */
function listen(path: string): { socket: Deno.DatagramConn; next: () => Promise<string> } {
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  return {
    socket,
    next: async () => new TextDecoder().decode((await socket.receive())[0]),
  };
}

describe("serviceManager", () => {
  const skip = Deno.build.os !== "linux";

  it("tells systemd that it is ready, how it is, and that it stops", { skip }, async () => {
    const directory = Deno.makeTempDirSync();
    const { socket, next } = listen(`${directory}/notify`);
    try {
      const manager = serviceManager(`${directory}/notify`);
      manager.ready();
      assertEquals(await next(), "READY=1");
      manager.changed(stateOf(undefined));
      assertEquals(await next(), "STATUS=ready");
      manager.changed(stateOf("draining: SIGUSR2"));
      assertEquals(await next(), "STATUS=draining: SIGUSR2");
      manager.changed(stateOf("draining: SIGTERM", true));
      assertEquals(await next(), "STOPPING=1\nSTATUS=draining: SIGTERM");
    } finally {
      socket.close();
      Deno.removeSync(directory, { recursive: true });
    }
  });

  it("leaves no descriptor behind, also when nobody listens", { skip }, () => {
    const openFiles = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
    const manager = serviceManager("/nonexistent/notify");
    manager.ready();
    const before = openFiles();
    for (let i = 0; i < 100; i++) manager.ready();
    assertEquals(openFiles(), before);
  });

  for (const path of [undefined, "", "/", "relative", "vsock:2:1", `/${"x".repeat(108)}`]) {
    it(`has nobody to tell at ${JSON.stringify(path)?.slice(0, 20)}`, () => {
      const manager = serviceManager(path);
      manager.ready();
      manager.changed(stateOf(undefined));
    });
  }
});

describe("notificationOf", () => {
  it("is one line for each thing, whatever the reason holds", () => {
    assertEquals(
      notificationOf(stateOf("not registered:\nSTOPPING=1\x1b[31m")).split("\n").length,
      1,
    );
    assertEquals(notificationOf(stateOf("x".repeat(10_000))).length < 250, true);
  });
});

describe("encodeUnixAddress", () => {
  it("takes a path as it is, and a name without a file with a zero in front", () => {
    assertEquals(encodeUnixAddress("/run/x")!.toHex(), "01002f72756e2f78");
    assertEquals(encodeUnixAddress("@sd")!.toHex(), "0100007364");
  });
});
