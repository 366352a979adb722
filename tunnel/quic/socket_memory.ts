/** What the system holds for a UDP socket. */
export interface SocketMemory {
  /** Bytes of the received packets that wait to be read, with the system's own share. */
  readonly queuedBytes: number;
  /** Most of them. */
  readonly bufferBytes: number;
  /** Packets that the system has dropped since the socket was opened, as its buffer was full. */
  readonly drops: number;
}

/** How many numbers Linux tells of a socket's memory (linux/sock_diag.h). */
const numbers = 9;
const receiveAllocated = 0;
const receiveBuffer = 1;
const dropped = 8;

/** Room for what `SO_MEMINFO` tells. */
export function memoryInfoBuffer(): Uint32Array<ArrayBuffer> {
  return new Uint32Array(numbers);
}

/** What `SO_MEMINFO` has told. */
export function readMemoryInfo(info: Uint32Array): SocketMemory {
  return {
    queuedBytes: info[receiveAllocated] ?? 0,
    bufferBytes: info[receiveBuffer] ?? 0,
    drops: info[dropped] ?? 0,
  };
}

/** A socket that may tell. */
export interface MemorySource {
  /** `undefined` where the system does not tell, or when it is closed. */
  memory(): SocketMemory | undefined;
}

/** What the system holds for sockets that come and go, all together. */
export class SocketMemorySum implements MemorySource {
  readonly #open = new Set<MemorySource>();
  #endedDrops = 0;

  /** A socket was opened. */
  add(socket: MemorySource): void {
    this.#open.add(socket);
  }

  /** A socket is about to be closed; what it has dropped stays in the sum. */
  remove(socket: MemorySource): void {
    if (this.#open.delete(socket)) this.#endedDrops += socket.memory()?.drops ?? 0;
  }

  memory(): SocketMemory | undefined {
    let [queuedBytes, bufferBytes, drops] = [0, 0, this.#endedDrops];
    for (const socket of this.#open) {
      const memory = socket.memory();
      if (memory === undefined) return undefined;
      queuedBytes += memory.queuedBytes;
      bufferBytes += memory.bufferBytes;
      drops += memory.drops;
    }
    return { queuedBytes, bufferBytes, drops };
  }
}
