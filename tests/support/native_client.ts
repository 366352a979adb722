import type { SocketAddress } from "../../tunnel/quic/address.ts";
import { alpn, receiveBufferBytes } from "../../tunnel/quic/limits.ts";
import { type NativeConfig, type NativeConnection, quiche } from "../../tunnel/quic/quiche.ts";

/** How a `NativeClient` differs from a well-behaved one. */
export interface NativeClientOptions {
  /** Length of its connection IDs in bytes; the reference's agents have 16. */
  readonly connectionIdLength?: number;
  /** Default 20,000. */
  readonly idleTimeoutMs?: number;
  /** Changes the configuration before it is used. */
  readonly configure?: (config: NativeConfig) => void;
}

/**
 * A client on the bare native library, for what our endpoint never does itself: connection IDs of
 * other lengths, no spare ones, no reading. It verifies nothing.
 */
export class NativeClient implements Disposable {
  readonly native: NativeConnection;
  /** What arrived. */
  readonly datagrams: Uint8Array[] = [];
  /** Off: whatever arrives is thrown away, nothing is acknowledged. */
  isReading = true;
  readonly #socket: Deno.DatagramConn;
  readonly #remote: SocketAddress;
  readonly #local: { host: string; port: number };
  readonly #out = new Uint8Array(receiveBufferBytes);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Starts to connect to a server on 127.0.0.1. */
  constructor(remote: SocketAddress, options: NativeClientOptions = {}) {
    const { connectionIdLength = 16, idleTimeoutMs = 20_000, configure } = options;
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = this.#socket.addr as Deno.NetAddr;
    this.#local = { host: hostname, port };
    this.#remote = remote;
    const config = new quiche.Config();
    config.verifyPeer(false);
    config.setApplicationProtos([alpn]);
    config.setMaxIdleTimeout(idleTimeoutMs);
    config.setInitialMaxData(10_000_000);
    config.setInitialMaxStreamDataBidiLocal(1_000_000);
    config.setInitialMaxStreamDataBidiRemote(1_000_000);
    config.setInitialMaxStreamsBidi(100);
    config.enableDgram(true, 1000, 1000);
    configure?.(config);
    this.native = quiche.Connection.connect(
      "ztna-server",
      crypto.getRandomValues(new Uint8Array(connectionIdLength)),
      this.#local,
      { host: remote.hostname, port: remote.port },
      config,
    );
    void this.#receive();
    this.flush();
  }

  /** Sends what the library wants to send. */
  flush(): void {
    for (;;) {
      const packet = this.native.send(this.#out);
      if (packet === null) break;
      const address: Deno.NetAddr = { transport: "udp", ...this.#remote };
      this.#socket.send(this.#out.slice(0, packet[0]), address).catch(() => {});
    }
    clearTimeout(this.#timer);
    const timeout = this.native.timeout();
    if (timeout === null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.native.onTimeout();
      this.flush();
    }, timeout + 1);
  }

  /** Sends a DATAGRAM. */
  sendDatagram(data: Uint8Array): void {
    this.native.dgramSend(data);
    this.flush();
  }

  /** The peer is not told. */
  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  async #receive(): Promise<void> {
    const buffer = new Uint8Array(receiveBufferBytes);
    while (!this.#closed) {
      try {
        const [packet] = await this.#socket.receive(buffer);
        if (this.isReading) this.#process(packet);
      } catch {
        // Closed.
      }
    }
  }

  #process(packet: Uint8Array): void {
    const from = { host: this.#remote.hostname, port: this.#remote.port };
    try {
      this.native.recv(packet, { from, to: this.#local });
    } catch {
      // The library has closed the connection.
    }
    for (;;) {
      const length = this.native.dgramRecv(this.#out);
      if (length === null) break;
      this.datagrams.push(this.#out.slice(0, length));
    }
    this.flush();
  }
}
