/** A datagram that a {@linkcode TestBackend} has received. */
export interface ReceivedDatagram {
  readonly data: Uint8Array;
  readonly from: Deno.NetAddr;
}

/** For tests: a UDP application on loopback that keeps what it gets and answers if told to. */
export class TestBackend implements Disposable {
  /** Everything received, in order. */
  readonly received: ReceivedDatagram[] = [];
  /** What to answer; `undefined` for nothing. Echoes by default. */
  answer: (data: Uint8Array) => Uint8Array | undefined = (data) => data;
  readonly address: Deno.NetAddr;
  readonly #socket: Deno.DatagramConn;

  /** @param hostname A loopback address. */
  constructor(hostname = "127.0.0.1") {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    this.address = this.#socket.addr as Deno.NetAddr;
    void this.#serve();
  }

  /** Sends from the backend's own address. */
  async send(data: Uint8Array, to: Deno.NetAddr): Promise<void> {
    await this.#socket.send(data, to);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #serve(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      try {
        const [view, from] = await this.#socket.receive(buffer);
        const data = view.slice();
        this.received.push({ data, from: from as Deno.NetAddr });
        const answer = this.answer(data);
        if (answer !== undefined) await this.#socket.send(answer, from);
      } catch {
        return;
      }
    }
  }
}
