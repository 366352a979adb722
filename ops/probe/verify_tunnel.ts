import { ZtnaError } from "../../tunnel/errors.ts";
import { pollUntil } from "../waiting.ts";
import { RelayUnreachableError } from "./agent_errors.ts";
import type { ProbeReport, runProbe } from "./probe.ts";
import type { ProbeProtocol } from "./probe_flow.ts";
import type { ProbeTarget } from "./target.ts";

/** Packets do not come back through the tunnel. */
export class TunnelError extends ZtnaError {
  override readonly code = "TUNNEL";
}

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

/** What to verify. */
export interface VerifyTunnelOptions<P extends ProbeProtocol> {
  readonly target: ProbeTarget;
  /** The first one is also what shows that the tunnel is there. */
  readonly protocols: readonly [P, ...P[]];
  /** End of messages: where to look when packets are lost. */
  readonly advice: string;
  readonly signal: AbortSignal;
  /** How long the first packet may take to come back, in ms; 40,000 by default. */
  readonly deadlineMs?: number;
}

/**
 * Sends real packets through the tunnel and back, and counts them.
 *
 * @param run The probe, loaded by the caller (it brings the native QUIC library with it).
 * @throws {TunnelError} when a packet is lost, and what `run` throws.
 */
export async function verifyTunnel<P extends ProbeProtocol>(
  run: typeof runProbe,
  options: VerifyTunnelOptions<P>,
): Promise<Record<P, ProbeSummary>> {
  const { target, protocols, advice, signal, deadlineMs = firstPacketDeadlineMs } = options;
  const attempt = {
    ...target,
    protocol: protocols[0],
    count: 1,
    intervalMs,
    lingerMs: attemptMs,
  };
  let unreachable: RelayUnreachableError | undefined;
  const first = await pollUntil(
    async () => {
      try {
        const { received } = await run({ ...attempt, signal });
        return received > 0 || undefined;
      } catch (error) {
        if (!(error instanceof RelayUnreachableError)) throw error;
        unreachable = error; // a packet of the handshake may have been lost
        return undefined;
      }
    },
    deadlineMs,
    signal,
  );
  if (first === undefined) {
    if (unreachable !== undefined) throw unreachable;
    throw new TunnelError(
      `Cannot call the tunnel healthy as a packet must come back within ${deadlineMs / 1000} s: ` +
        `none did; ${advice}`,
    );
  }
  const summaries: [string, ProbeSummary][] = [];
  for (const protocol of protocols) {
    signal.throwIfAborted();
    const report = await run({ ...target, protocol, count, intervalMs, signal });
    signal.throwIfAborted();
    const { sent, received, lost, duplicated, reordered, rttMs, outagesMs } = report;
    summaries.push([protocol, { sent, received, lost, duplicated, reordered, rttMs, outagesMs }]);
    if (received < sent) {
      throw new TunnelError(
        `Cannot call the tunnel healthy as every ${protocol.toUpperCase()} packet must come back: ` +
          `${received} of ${sent} did; ${advice}`,
      );
    }
  }
  return Object.fromEntries(summaries) as Record<P, ProbeSummary>;
}
