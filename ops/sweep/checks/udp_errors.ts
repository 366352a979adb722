import type { HostCheck } from "../check.ts";
import type { CounterFacts } from "../facts/counters.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { sinceBefore } from "../since_before.ts";
import { forHost, onHost } from "./host_commands.ts";

/** Fewer dropped datagrams than this say nothing, whatever their share is. */
const minDropped = 10;

/** Whether the kernel drops datagrams that have reached the host: each is loss inside the tunnel. */
export const udpErrors: HostCheck = {
  id: "udp-errors",
  looksAt: "How many UDP datagrams the kernel has dropped since the sweep before, for any program",
  threshold: "udpErrors",

  evaluate(view): Verdict[] {
    const { host } = view;
    const since = sinceBefore(view);
    if (since === undefined) return [];
    const { received, dropped } = since.counters;
    const share = dropped === 0 ? 0 : dropped / (received + dropped);
    const measure = { value: share, unit: "ratio" } as const;
    const value =
      `${dropped} of ${received + dropped} datagrams (${percentText(share)} %) dropped ` +
      `in the last ${since.duration}`;
    const status = dropped < minDropped
      ? "ok"
      : judge(share * 100, host.sweep.thresholds.udpErrors);
    if (status === "ok") return [fine("", value, measure)];
    const { cause, remedy } = explain(since.counters, host);
    return [{ subject: "", status, value: `${value}: ${cause}`, remedy, measure }];
  },
};

/** In percent, with as many digits as it takes to compare it with thresholds. */
function percentText(share: number): string {
  return String(Number((share * 100).toPrecision(2)));
}

function explain(
  { dropped, droppedForRoom, droppedAsDamaged }: CounterFacts,
  host: Parameters<typeof onHost>[0],
): { cause: string; remedy: string } {
  if (droppedForRoom >= dropped / 2) {
    return {
      cause: "no room in sockets' buffers",
      remedy: `See which socket, and whether its program keeps up: ` +
        `${onHost(host, "ss", "-ulnpm")}; then raise "ztna_udp_buffer_bytes" and ` +
        forHost(host, "deploy"),
    };
  }
  const counters = onHost(host, "nstat", "-az", "Udp*");
  return droppedAsDamaged >= dropped / 2
    ? { cause: "damaged on their way", remedy: `Look at network cards and cables: ${counters}` }
    : { cause: "for other reasons", remedy: `See which: ${counters}` };
}
