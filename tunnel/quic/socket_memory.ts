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

/** Several sockets' together. */
export function addMemory(a: SocketMemory, b: SocketMemory): SocketMemory {
  return {
    queuedBytes: a.queuedBytes + b.queuedBytes,
    bufferBytes: a.bufferBytes + b.bufferBytes,
    drops: a.drops + b.drops,
  };
}

/** Of no socket. */
export const noMemory: SocketMemory = { queuedBytes: 0, bufferBytes: 0, drops: 0 };
