import * as v from "valibot";
import type { KeptFactSource } from "./fact_source.ts";
import { kernelCount, procLinesScript, readProcLines } from "./proc_lines.ts";

/** What the kernel has counted since the host's boot. */
export interface CounterFacts {
  /** UDP datagrams that programs got, by IPv4 and IPv6. */
  readonly received: number;
  /** Datagrams that were dropped on their way to a program, for whatever reason. */
  readonly dropped: number;
  /** Those of them for which a socket had no room. */
  readonly droppedForRoom: number;
  /** Those of them that were damaged. */
  readonly droppedAsDamaged: number;
  /** Processes that were killed for lack of memory. */
  readonly memoryKills: number;
}

const files = {
  ipv4: "/proc/net/snmp",
  ipv6: "/proc/net/snmp6",
  memory: "/proc/vmstat",
} as const;

const count = v.pipe(v.number(), v.finite());

/** Counters that are compared with those of the sweep before. */
export const counters: KeptFactSource<CounterFacts> = {
  kept: v.object({
    received: count,
    dropped: count,
    droppedForRoom: count,
    droppedAsDamaged: count,
    memoryKills: count,
  }),

  script: () => procLinesScript("^(Udp: |Udp6|oom_kill )", Object.values(files)),

  parse(output): CounterFacts | undefined {
    const lines = readProcLines(output);
    const ipv4 = columns(lines.get(files.ipv4) ?? []);
    const ipv6 = pairs(lines.get(files.ipv6) ?? []);
    const memory = pairs(lines.get(files.memory) ?? []);
    if (!ipv4.has("InDatagrams")) return undefined;
    const both = (name: string): number => (ipv4.get(name) ?? 0) + (ipv6.get(`Udp6${name}`) ?? 0);
    return {
      received: both("InDatagrams"),
      dropped: both("InErrors"),
      droppedForRoom: both("RcvbufErrors"),
      droppedAsDamaged: both("InCsumErrors"),
      memoryKills: memory.get("oom_kill") ?? 0,
    };
  },
};

/** A line of names, and one of numbers. */
function columns([names = "", numbers = ""]: readonly string[]): Map<string, number> {
  const values = numbers.split(" ");
  return numbered(names.split(" ").map((name, index) => [name, values[index]]));
}

/** A name and a number in each line. */
function pairs(lines: readonly string[]): Map<string, number> {
  return numbered(lines.map((line) => line.split(/\s+/) as [string, string | undefined]));
}

function numbered(
  entries: readonly (readonly [string, string | undefined])[],
): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, text] of entries) {
    const value = kernelCount(text);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}
