import type { CounterFacts } from "./counters.ts";
import type { KernelFacts } from "./kernel.ts";
import type { ProcessFacts } from "./processes.ts";

/** What the kernel says of a host that is well, for tests. */
export function kernelFacts(change: Partial<KernelFacts> = {}): KernelFacts {
  return {
    release: "6.1.0-25-amd64",
    processors: 2,
    load: [0.1, 0.2, 0.3],
    memoryBytes: 1_000_000,
    availableBytes: 500_000,
    swapBytes: 0,
    freeSwapBytes: 0,
    memoryStall: 0,
    openFiles: 1000,
    maxOpenFiles: 100_000,
    socketBuffers: {},
    ...change,
  };
}

/** What the kernel has counted, for tests: nothing bad. */
export function counterFacts(change: Partial<CounterFacts> = {}): CounterFacts {
  return {
    ...{ received: 0, dropped: 0, droppedForRoom: 0, droppedAsDamaged: 0, memoryKills: 0 },
    ...change,
  };
}

/** A program's process that is well, for tests. */
export function processFacts(change: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    ...{ pid: 10, state: "active", openFiles: 40, maxOpenFiles: 1000, hasOldLibraries: false },
    ...change,
  };
}
