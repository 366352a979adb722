import type { ProbeReport, runProbe } from "../probe/probe.ts";
import type { ProbeTarget } from "../probe/target.ts";
import { DeploymentError } from "./deployment_error.ts";
import { pollUntil } from "./waiting.ts";

/** What is sent through the tunnel to show that it works. */
export const probedProtocols = ["udp", "icmp"] as const;
/** One of them. */
export type ProbedProtocol = (typeof probedProtocols)[number];

/** What came of the packets of one protocol. */
export type ProbeSummary = Pick<
  ProbeReport,
  "sent" | "received" | "lost" | "duplicated" | "reordered" | "rttMs" | "outagesMs"
>;

/** Packets of each protocol and the time between them in ms: a fifth of a second in all. */
const count = 20;
const intervalMs = 10;
/**
 * How long the first packet may take to come back, in ms. After a crash of the relay its connector
 * notices only when its idle timeout of 30 s is over (protocol section 1.1).
 */
const firstPacketDeadlineMs = 40_000;
/** How long each attempt waits for it, in ms. */
const attemptMs = 500;

/**
 * Sends real packets through the tunnel to the sample application and back, and counts them.
 *
 * @param run The probe, loaded by the caller (it brings the native QUIC library with it).
 * @param logs Where the programs' logs are, for messages.
 * @param deadlineMs For the first packet.
 * @throws {DeploymentError} when a packet is lost, and what `run` throws.
 */
export async function probeTunnel(
  run: typeof runProbe,
  target: ProbeTarget,
  logs: string,
  signal: AbortSignal,
  deadlineMs: number = firstPacketDeadlineMs,
): Promise<Record<ProbedProtocol, ProbeSummary>> {
  const attempt = {
    ...target,
    protocol: "udp",
    count: 1,
    intervalMs,
    lingerMs: attemptMs,
  } as const;
  const first = await pollUntil(
    async () => {
      const { received } = await run({ ...attempt, signal });
      return received > 0 || undefined;
    },
    deadlineMs,
    signal,
  );
  if (first === undefined) {
    throw new DeploymentError(
      `Cannot call the tunnel healthy as a packet must come back within ${deadlineMs / 1000} s: ` +
        `none did; see the logs in "${logs}"`,
    );
  }
  const summaries: [string, ProbeSummary][] = [];
  for (const protocol of probedProtocols) {
    signal.throwIfAborted();
    const report = await run({ ...target, protocol, count, intervalMs, signal });
    signal.throwIfAborted();
    const { sent, received, lost, duplicated, reordered, rttMs, outagesMs } = report;
    summaries.push([protocol, { sent, received, lost, duplicated, reordered, rttMs, outagesMs }]);
    if (received < sent) {
      throw new DeploymentError(
        `Cannot call the tunnel healthy as every ${protocol.toUpperCase()} packet must come back: ` +
          `${received} of ${sent} did; see the logs in "${logs}"`,
      );
    }
  }
  return Object.fromEntries(summaries) as Record<ProbedProtocol, ProbeSummary>;
}
