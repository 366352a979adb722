import type { FactSource } from "./fact_source.ts";
import { kernelCount, procLinesScript, readProcLines } from "./proc_lines.ts";

/** What the kernel says of a host as a whole. */
export interface KernelFacts {
  /** `uname -r`. */
  readonly release: string;
  /** Processors that are switched on. */
  readonly processors: number;
  /** Processes that run, want to or wait for a disk: means of the last 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly memoryBytes: number;
  /** What programs can get without swapping. */
  readonly availableBytes: number;
  readonly swapBytes: number;
  readonly freeSwapBytes: number;
  /**
   * Share of the last minute in which all work waited for memory, 0 to 1; `undefined` where the
   * kernel does not measure it.
   */
  readonly memoryStall: number | undefined;
  /** File descriptors of the whole host, and how many there may be. */
  readonly openFiles: number;
  readonly maxOpenFiles: number;
  /** Settings of socket buffers in bytes, by name; those that the kernel offers here. */
  readonly socketBuffers: Readonly<Partial<Record<SocketBuffer, number>>>;
}

/** A setting of the kernel's `net.core`. */
export type SocketBuffer = typeof socketBuffers[number];

const socketBuffers = ["rmem_max", "rmem_default", "wmem_max"] as const;

const files = {
  release: "/proc/sys/kernel/osrelease",
  processors: "/sys/devices/system/cpu/online",
  load: "/proc/loadavg",
  memory: "/proc/meminfo",
  pressure: "/proc/pressure/memory",
  files: "/proc/sys/fs/file-nr",
} as const;

/** The kernel's own accounts. */
export const kernel: FactSource<KernelFacts> = {
  script: () =>
    procLinesScript("^(Mem(Total|Available)|Swap(Total|Free)):|^full |^[0-9]", [
      ...Object.values(files),
      ...socketBuffers.map(bufferFile),
    ]),

  parse(output): KernelFacts | undefined {
    const lines = readProcLines(output);
    const first = (file: string): string => lines.get(file)?.[0] ?? "";
    const memory = (name: string): number | undefined => {
      const line = lines.get(files.memory)?.find((line) => line.startsWith(`${name}:`));
      const kibibytes = /^\w+: +(\d{1,15}) kB$/.exec(line ?? "")?.[1];
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    };
    const [, release] = /^([\w.+~-]{1,100})$/.exec(first(files.release)) ?? [];
    const load = /^(\d{1,7}\.\d\d) (\d{1,7}\.\d\d) (\d{1,7}\.\d\d) /.exec(first(files.load));
    const [openFiles, , maxOpenFiles] = first(files.files).split("\t").map(kernelCount);
    const processors = countProcessors(first(files.processors));
    const memoryBytes = memory("MemTotal");
    const availableBytes = memory("MemAvailable");
    if (release === undefined || load === null || processors === 0) return undefined;
    if (openFiles === undefined || maxOpenFiles === undefined) return undefined;
    if (memoryBytes === undefined || availableBytes === undefined) return undefined;
    return {
      release,
      processors,
      load: [Number(load[1]), Number(load[2]), Number(load[3])],
      memoryBytes,
      availableBytes,
      swapBytes: memory("SwapTotal") ?? 0,
      freeSwapBytes: memory("SwapFree") ?? 0,
      memoryStall: readStall(first(files.pressure)),
      openFiles,
      maxOpenFiles,
      socketBuffers: Object.fromEntries(
        socketBuffers
          .map((name) => [name, kernelCount(first(bufferFile(name)))] as const)
          .filter(([, value]) => value !== undefined),
      ),
    };
  },
};

function bufferFile(name: SocketBuffer): string {
  return `/proc/sys/net/core/${name}`;
}

/** Counts the numbers of a list such as `0-3,6`; 0 for nonsense. */
function countProcessors(list: string): number {
  let count = 0;
  for (const range of list.slice(0, 1000).split(",")) {
    const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    if (from === undefined || Number(to) < Number(from)) return 0;
    count += Number(to) - Number(from) + 1;
  }
  return count;
}

function readStall(line: string): number | undefined {
  const percent = /^full avg10=[\d.]{1,8} avg60=(\d{1,3}\.\d{1,3}) /.exec(line)?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}
